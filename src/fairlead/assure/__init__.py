"""The stage `assure`: what a model's answers are worth. Pure: answers and truths go in, measures come out."""
