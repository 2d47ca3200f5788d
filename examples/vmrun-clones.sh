#!/bin/sh
# A full and a linked clone of one snapshot with vmrun, the command line of VMware::Vix, and back
# to where it began. The commands are those of VMware's vmrun.
#
#     vmrun-clones.sh VMX FOLDER      the virtual machine, and where the clones shall be for a while
#
# VMRUN names the program if it is not simply "vmrun": VMRUN='perl -Mblib script/vmrun'
set -eu

if [ $# -ne 2 ]; then
    sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
vmx=$1
folder=$2
# Words apart on purpose: a command with its options.
vmrun() {
    ${VMRUN:-vmrun} "$@"
}

vmrun snapshot "$vmx" for-clones
vmrun clone "$vmx" "$folder/full/full.vmx" full -snapshot=for-clones -cloneName='A full clone'
vmrun clone "$vmx" "$folder/linked/linked.vmx" linked -snapshot=for-clones
vmrun listSnapshots "$vmx" showTree
vmrun readVariable "$folder/full/full.vmx" runtimeConfig displayName
du -sh "$folder/full" "$folder/linked"

# The snapshot can go only after the clone that stands on it.
vmrun deleteVM "$folder/linked/linked.vmx"
vmrun deleteVM "$folder/full/full.vmx"
vmrun deleteSnapshot "$vmx" for-clones
