"""One module per output format. They render a `Report` to lines of text and decide nothing."""
