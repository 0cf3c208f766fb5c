"""The functions that come with Rego: which each engine knows, and which no policy may call."""

from __future__ import annotations

__all__ = ["DROPPED", "EMBEDDED", "OTHERS", "REFUSED"]


def _names(prefix: str, words: str) -> frozenset[str]:
    return frozenset(f"{prefix}.{word}" if prefix else word for word in words.split())


REFUSED = frozenset({"http.send", "net.lookup_ip_addr", "opa.runtime", "providers.aws.sign_req"})
"""They reach out of the evaluation: into the network, or the engine's own environment."""

DROPPED = _names("", "all any cast_array cast_boolean cast_null cast_object cast_set cast_string re_match set_diff") | {
    "net.cidr_overlap"
}
"""Known in version 0 of Rego only."""

EMBEDDED = (
    _names("", "abs ceil concat contains count endswith floor format_int indexof indexof_n intersection is_array")
    | _names("", "is_boolean is_null is_number is_object is_set is_string lower max min print product replace round")
    | _names(
        "", "set sort split sprintf startswith substring sum to_number trace trim trim_left trim_prefix trim_right"
    )
    | _names("", "trim_space trim_suffix type_name union upper walk")
    | _names("array", "concat reverse slice")
    | _names("base64", "decode encode is_valid")
    | _names("base64url", "decode encode encode_no_pad")
    | _names("bits", "and lsh negate or rsh xor")
    | _names("glob", "match quote_meta")
    | _names("graph", "reachable reachable_paths")
    | _names("hex", "decode encode")
    | _names("json", "filter is_valid marshal marshal_with_options patch remove unmarshal")
    | _names("net", "cidr_contains cidr_expand cidr_is_valid")
    | _names("numbers", "range range_step")
    | _names("object", "filter get keys remove subset union union_n")
    | _names("rand", "intn")
    | _names("regex", "find_all_string_submatch_n find_n is_valid match replace split")
    | _names("semver", "compare is_valid")
    | _names("strings", "any_prefix_match any_suffix_match count replace_n reverse")
    | _names("time", "add_date clock date diff format now_ns parse_duration_ns parse_ns parse_rfc3339_ns weekday")
    | _names("units", "parse parse_bytes")
    | _names("urlquery", "decode decode_object encode encode_object")
    | _names("uuid", "parse rfc4122")
    | _names("yaml", "is_valid marshal unmarshal")
)
"""What the embedded engine has."""

OTHERS = (
    _names("array", "flatten")
    | _names("crypto", "md5 sha1 sha256 parse_private_keys")
    | _names("crypto.hmac", "equal md5 sha1 sha256 sha512")
    | _names("crypto.x509", "parse_and_verify_certificates parse_and_verify_certificates_with_options")
    | _names("crypto.x509", "parse_certificate_request parse_certificates parse_keypair parse_rsa_private_key")
    | _names("graphql", "is_valid parse parse_and_verify parse_query parse_schema schema_is_valid")
    | _names("io.jwt", "decode decode_verify encode_sign encode_sign_raw verify_eddsa verify_es256 verify_es384")
    | _names("io.jwt", "verify_es512 verify_hs256 verify_hs384 verify_hs512 verify_ps256 verify_ps384 verify_ps512")
    | _names("io.jwt", "verify_rs256 verify_rs384 verify_rs512")
    | _names("net", "cidr_contains_matches cidr_intersects cidr_merge")
    | _names("json", "match_schema verify_schema")
    | _names("regex", "globs_match template_match")
    | _names("rego", "metadata.chain metadata.rule parse_module")
    | _names("strings", "render_template split_n")
    | _names("uri", "is_valid parse")
)
"""What only OPA has, or what it alone answers as its documentation says."""
