#!/bin/sh
# Makes a full and a linked clone of one snapshot with vmrun, the command line of VMware::Vix, then
# deletes both and the snapshot. The commands are those of VMware's vmrun.
#
#     vmrun-clones.sh VMX FOLDER      the virtual machine, and a folder for the clones
#
# VMRUN names the program if it is not "vmrun": VMRUN='perl -Mblib script/vmrun'
set -eu

if [ $# -ne 2 ]; then
    sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
vmx=$1
folder=$2
# Not quoted, so that VMRUN may be a command with options.
vmrun() {
    ${VMRUN:-vmrun} "$@"
}

vmrun snapshot "$vmx" for-clones
vmrun clone "$vmx" "$folder/full/full.vmx" full -snapshot=for-clones -cloneName='A full clone'
vmrun clone "$vmx" "$folder/linked/linked.vmx" linked -snapshot=for-clones
vmrun listSnapshots "$vmx" showTree
vmrun readVariable "$folder/full/full.vmx" runtimeConfig displayName
du -sh "$folder/full" "$folder/linked"

# The linked clone depends on the snapshot, so delete the clone first.
vmrun deleteVM "$folder/linked/linked.vmx"
vmrun deleteVM "$folder/full/full.vmx"
vmrun deleteSnapshot "$vmx" for-clones
