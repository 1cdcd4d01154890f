module larder.tools/pause

go 1.26.0
