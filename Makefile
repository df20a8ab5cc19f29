# A thin wrapper: dev.py does the work and runs under any Python 3.8 or newer.
.PHONY: run test bench lint lock
run: ; @python3 dev.py run
test: ; @python3 dev.py test $(ARGS)
bench: ; @python3 dev.py bench $(ARGS)
lint: ; @python3 dev.py lint
lock: ; @python3 dev.py lock
