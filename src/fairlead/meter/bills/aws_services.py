"""FOCUS's ServiceCategory of AWS's service codes (product/servicecode); a code that is not here is `Other`.

Restated from the service codes of the AWS Price List and the categories of AWS's product pages, 2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["CATEGORIES"]

_CODES: Mapping[str, tuple[str, ...]] = {
    "AI and Machine Learning": (
        "AmazonBedrock",
        "AmazonBedrockService",
        "AmazonSageMaker",
        "AmazonRekognition",
        "AmazonTextract",
        "AmazonTranscribe",
        "AmazonPolly",
        "AmazonLex",
        "AmazonKendra",
        "AmazonQ",
        "comprehend",
        "translate",
    ),
    "Analytics": (
        "AmazonAthena",
        "AmazonES",
        "AmazonKinesis",
        "AmazonKinesisFirehose",
        "AmazonMSK",
        "AmazonQuickSight",
        "AmazonRedshift",
        "AWSGlue",
        "AWSLakeFormation",
        "ElasticMapReduce",
    ),
    "Compute": (
        "AmazonEC2",
        "AmazonECR",
        "AmazonECS",
        "AmazonEKS",
        "AmazonLightsail",
        "AWSAppRunner",
        "AWSBatch",
        "AWSLambda",
    ),
    "Databases": (
        "AmazonDocDB",
        "AmazonDynamoDB",
        "AmazonElastiCache",
        "AmazonMemoryDB",
        "AmazonNeptune",
        "AmazonRDS",
        "AmazonTimestream",
    ),
    "Developer Tools": ("AWSCodeArtifact", "AWSCodePipeline", "AWSXRay", "CodeBuild"),
    "Identity": ("AmazonCognito", "AWSDirectoryService"),
    "Integration": ("AmazonApiGateway", "AmazonMQ", "AmazonSNS", "AmazonStates", "AWSEvents", "AWSQueueService"),
    "Management and Governance": (
        "AmazonCloudWatch",
        "AWSCloudFormation",
        "AWSCloudTrail",
        "AWSConfig",
        "AWSCostExplorer",
        "AWSServiceCatalog",
        "AWSSystemsManager",
    ),
    "Networking": (
        "AmazonCloudFront",
        "AmazonRoute53",
        "AmazonVPC",
        "AWSDataTransfer",
        "AWSDirectConnect",
        "AWSELB",
        "AWSGlobalAccelerator",
        "AWSNetworkFirewall",
        "AWSTransitGateway",
    ),
    "Security": (
        "AmazonGuardDuty",
        "AmazonInspectorV2",
        "AmazonMacie",
        "AWSSecretsManager",
        "AWSSecurityHub",
        "AWSShield",
        "awskms",
        "awswaf",
    ),
    "Storage": (
        "AmazonEFS",
        "AmazonFSx",
        "AmazonGlacier",
        "AmazonS3",
        "AmazonS3GlacierDeepArchive",
        "AWSBackup",
        "AWSStorageGateway",
    ),
}

CATEGORIES: Mapping[str, str] = {code: category for category, codes in _CODES.items() for code in codes}
"""Category by service code."""
