using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;
using ResearchFreeze.Autograd;
using ResearchFreeze.Cli;

namespace ResearchFreeze.Tests.Cli;

/// <summary>A driver that fails while a verb works is one line and the exit code of a device that cannot be opened.</summary>
public sealed class DeviceFailureTests
{
    /// <summary>The verb's work is done here, on a device of the test's, while the command line reads its model.</summary>
    [Fact]
    public void IsOneLineAlsoWhereTheDeviceCannotBeClosed()
    {
        var device = new FailingDevice();
        FreezeRun run = FreezeRun.With(
            c => c.Models.Add("lost", _ =>
            {
                OnDevice.Run(device, TextWriter.Null, used => throw new CLException(CLError.CL_INVALID_COMMAND_QUEUE));
                throw new InvalidOperationException();
            }),
            "bench", "--model", "lost", "--device", "cpu");
        Assert.Equal((2, "", $"error: reference: lost.{Environment.NewLine}"), (run.Code, run.Output, run.Error));
        Assert.True(device.IsDisposed);
    }

    [Fact]
    public void WhatIsNotTheDriversKeepsItsTypeAlsoWhereTheDeviceCannotBeClosed()
    {
        using var error = new StringWriter();
        Assert.Throws<NotFiniteNumberException>(() => OnDevice.Run(new FailingDevice(), error, _ => throw new NotFiniteNumberException()));
        Assert.Equal("", error.ToString());
    }

    [Fact]
    public void ADeviceThatCannotBeClosedAfterTheWorkIsAWarning()
    {
        using var error = new StringWriter();
        Assert.Equal(7, OnDevice.Run(new FailingDevice(), error, _ => 7));
        Assert.Equal($"warning: reference could not be closed: refused twice{Environment.NewLine}", error.ToString());
    }

    /// <summary>Recognises a driver's exception as a GPU does, and refuses to be closed.</summary>
    private sealed class FailingDevice : ReferenceDevice
    {
        public bool IsDisposed { get; private set; }

        public override DeviceUnavailableException? FailureOf(Exception exception) => exception is AcceleratorException ? new($"{Name}: lost.", exception) : null;

        protected override void Dispose(bool disposing)
        {
            IsDisposed = true;
            base.Dispose(disposing);
            throw new CudaException("refused\ntwice");
        }
    }
}
