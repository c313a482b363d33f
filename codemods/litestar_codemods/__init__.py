"""One LibCST codemod per practice; the module has the stem of the rule that it pairs with."""
