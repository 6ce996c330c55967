"""Which sentences of a text answer a question: by rules and weights, without a model that writes."""
