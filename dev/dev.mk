# Targets for contributors, besides MakeMaker's own. Each is one command, most of them in this
# folder.

.PHONY : test-core sanitize layers format lint torture check setup

setup :
	dev/setup

test-core :
	cmake -S cpp -B build -DCMAKE_BUILD_TYPE=Release -DVIX_TESTS=ON
	cmake --build build --parallel $(VIX_JOBS)
	VIX_TEST_MACHINES=$${VIX_TEST_MACHINES-1} ctest --test-dir build --output-on-failure

sanitize :
	dev/sanitize

layers :
	dev/check-layers
	dev/draw-layers --check

format :
	clang-format -i $$(find cpp -name '*.h' -o -name '*.cpp')

lint :
	dev/lint

torture :
	dev/torture

check :
	dev/test
