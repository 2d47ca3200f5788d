# Targets for contributors, besides MakeMaker's own. Each is one command, most of them in this
# folder.

.PHONY : test-core sanitize layers format lint torture check setup

setup :
	dev/setup

test-core :
	cmake -S cpp -B build -DCMAKE_BUILD_TYPE=Release -DVIX_TESTS=ON
	cmake --build build --parallel $(VIX_JOBS)
	bash -c '. dev/steps.sh && step "core tests" run_core_tests build'

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
