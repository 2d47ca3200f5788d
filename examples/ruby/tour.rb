#!/usr/bin/ruby
# A tour of VIX in Ruby, with the gem ffi: opens a virtual machine, lists its snapshots, takes one, makes a
# linked clone of it with a callback, shows an error with its text, and deletes what it made.
#
#   ruby tour.rb /srv/vms/web/web.vmx /srv/vms/tour/tour.vmx

require 'ffi'

# The functions that the tour needs. "blocking" gives up Ruby's lock while the library waits, so that
# callbacks can run meanwhile.
module Vix
  extend FFI::Library
  ffi_lib ENV.fetch('VIX_LIBRARY', 'libvixAllProducts.so')

  API_VERSION = -1
  WORKSTATION = 3
  LINKED = 1
  DELETE_DISKS = 2
  NONE = 0
  VM_NAME = 108
  VM_IS_RUNNING = 196
  RESULT_HANDLE = 3010
  SNAPSHOT_NAME = 4200
  COMPLETED = 2

  callback :event, [:int, :int, :int, :pointer], :void
  attach_function :Vix_GetErrorText, [:uint64, :string], :string
  attach_function :Vix_ReleaseHandle, [:int], :void
  attach_function :Vix_FreeBuffer, [:pointer], :void
  attach_function :Vix_GetProperties, [:int, :int, :varargs], :uint64
  attach_function :VixJob_Wait, [:int, :int, :varargs], :uint64, blocking: true
  attach_function :VixJob_CheckCompletion, [:int, :pointer], :uint64
  attach_function :VixHost_Connect,
                  [:int, :int, :string, :int, :string, :string, :int, :int, :event, :pointer], :int
  attach_function :VixHost_Disconnect, [:int], :void
  attach_function :VixVM_Open, [:int, :string, :event, :pointer], :int
  attach_function :VixVM_GetNumRootSnapshots, [:int, :pointer], :uint64
  attach_function :VixVM_GetRootSnapshot, [:int, :int, :pointer], :uint64
  attach_function :VixVM_CreateSnapshot, [:int, :string, :string, :int, :int, :event, :pointer], :int
  attach_function :VixVM_RemoveSnapshot, [:int, :int, :int, :event, :pointer], :int
  attach_function :VixVM_Clone, [:int, :int, :int, :string, :int, :int, :event, :pointer], :int
  attach_function :VixVM_Delete, [:int, :int, :event, :pointer], :int

  # An error code, with its text.
  class Error < StandardError
    attr_reader :code

    def initialize(code)
      @code = code & 0xffff
      super(Vix.Vix_GetErrorText(code, nil))
    end
  end

  def self.check(code)
    raise Error, code unless code.zero?
  end

  # Waits for a job, in a way that lets other Ruby threads and callbacks run.
  def self.await(job)
    complete = FFI::MemoryPointer.new(:char)
    loop do
      check(VixJob_CheckCompletion(job, complete))
      break unless complete.read_char.zero?

      sleep 0.01
    end
  end

  def self.finish(job)
    await(job)
    check(VixJob_Wait(job, NONE))
  ensure
    Vix_ReleaseHandle(job)
  end

  # Waits for a job whose result is a handle.
  def self.handle_of(job)
    await(job)
    handle = FFI::MemoryPointer.new(:int)
    check(VixJob_Wait(job, RESULT_HANDLE, :pointer, handle, :int, NONE))
    handle.read_int
  ensure
    Vix_ReleaseHandle(job)
  end

  # A property that is text. The library's copy is freed.
  def self.text(handle, id)
    place = FFI::MemoryPointer.new(:pointer)
    check(Vix_GetProperties(handle, id, :pointer, place, :int, NONE))
    text = place.read_pointer
    text.read_string
  ensure
    Vix_FreeBuffer(text) if text
  end

  # A property that is a truth value: one byte.
  def self.truth(handle, id)
    place = FFI::MemoryPointer.new(:char)
    check(Vix_GetProperties(handle, id, :pointer, place, :int, NONE))
    !place.read_char.zero?
  end
end

def list_snapshots(vm)
  number = FFI::MemoryPointer.new(:int)
  Vix.check(Vix.VixVM_GetNumRootSnapshots(vm, number))
  count = number.read_int
  puts "#{count} root snapshots"
  count.times do |index|
    Vix.check(Vix.VixVM_GetRootSnapshot(vm, index, number))
    puts "  #{Vix.text(number.read_int, Vix::SNAPSHOT_NAME)}"
    Vix.Vix_ReleaseHandle(number.read_int)
  end
end

abort "usage: #{$PROGRAM_NAME} VMX NEW-VMX" if ARGV.size != 2
vmx, new_vmx = ARGV
host = Vix.handle_of(Vix.VixHost_Connect(Vix::API_VERSION, Vix::WORKSTATION, nil, 0, nil, nil, 0, 0, nil, nil))
vm = Vix.handle_of(Vix.VixVM_Open(host, vmx, nil, nil))
state = Vix.truth(vm, Vix::VM_IS_RUNNING) ? 'running' : 'off'
puts %(machine "#{Vix.text(vm, Vix::VM_NAME)}" is #{state})
list_snapshots(vm)
snapshot = Vix.handle_of(Vix.VixVM_CreateSnapshot(vm, 'tour', 'of examples/ruby', 0, 0, nil, nil))
list_snapshots(vm)

completed = 0
on_event = proc { |_job, type, _more, _data| completed += 1 if type == Vix::COMPLETED }
clone = Vix.handle_of(Vix.VixVM_Clone(vm, snapshot, Vix::LINKED, new_vmx, 0, 0, on_event, nil))
puts "linked clone made, job completed #{completed} time"
begin
  Vix.handle_of(Vix.VixVM_Clone(vm, snapshot, Vix::LINKED, new_vmx, 0, 0, nil, nil))
rescue Vix::Error => e
  puts "once more: error #{e.code}: #{e.message}"
end

Vix.finish(Vix.VixVM_Delete(clone, Vix::DELETE_DISKS, nil, nil))
Vix.finish(Vix.VixVM_RemoveSnapshot(vm, snapshot, 0, nil, nil))
list_snapshots(vm)
[clone, snapshot, vm].each { |handle| Vix.Vix_ReleaseHandle(handle) }
Vix.VixHost_Disconnect(host)
