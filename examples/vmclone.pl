use VMware::Vix::Simple;
use VMware::Vix::API::Constants;

my $err = VIX_OK;
my $hostHandle = VIX_INVALID_HANDLE;
my $vmHandle = VIX_INVALID_HANDLE;

($err, $hostHandle) = HostConnect(VIX_API_VERSION,
                                  VIX_SERVICEPROVIDER_VMWARE_WORKSTATION,
                                  undef, # hostName
                                  0, # hostPort
                                  undef, # userName
                                  undef, # password
                                  0, # options
                                  VIX_INVALID_HANDLE); # propertyListHandle
die "HostConnect() failed, $err ", GetErrorText($err), "\n" if $err != VIX_OK;

($err, $vmHandle) = VMOpen($hostHandle, "C:\\Virtual Machines\\WinXP\\WinXP.vmx");
die "VMOpen() failed, $err ", GetErrorText($err), "\n" if $err != VIX_OK;

($err, $cloneHandle) = VMClone($vmHandle,
                               VIX_INVALID_HANDLE,
                               VIX_CLONETYPE_FULL,
                               "C:\\Virtual Machines\\WinXP2\\WinXP2.vmx",
                               0, # options
                               VIX_INVALID_HANDLE); # propertyListHandle
die "VMClone() failed, $err ", GetErrorText($err), "\n" if $err != VIX_OK;

HostDisconnect($hostHandle);
