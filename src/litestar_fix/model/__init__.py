"""The model: facts, names, layers. It knows no rule, no Fixit and no LibCST."""
