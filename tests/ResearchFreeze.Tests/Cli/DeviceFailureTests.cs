using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;
using ResearchFreeze.Autograd;
using ResearchFreeze.Cli;
using ResearchFreeze.Tests.Training;
using ResearchFreeze.Training;

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

    /// <summary>By name, through the verbs.</summary>
    [Theory]
    [InlineData("bench --model lost --batch 4 --steps 1")]
    [InlineData("train --model lost")]
    public void EachVerbSaysWhichDeviceFailed(string line)
    {
        string? name = Devices.List().FirstOrDefault(device => device.IsUsable && device.Name is not ("cpu" or "reference"))?.Name;
        Assert.SkipWhen(name is null, "There is no GPU that can be picked by name; PoCL is one with RESEARCHFREEZE_OPENCL_UNSUPPORTED=1.");
        using var folder = new TemporaryFolder();
        string[] args = [.. line.Split(' '), "--device", name];
        if (args[0] == "train") args = [.. args, "--data", FreezeRun.Images(folder), "--out", Path.Combine(folder.Root, "run")];
        FreezeRun run = FreezeRun.With(c => c.Models.Add("lost", _ => new ModelSpec((_, _) => throw new CLException(CLError.CL_INVALID_COMMAND_QUEUE), [6], 3)), args);
        Assert.Equal((2, ""), (run.Code, run.Output));
        string said = Assert.Single(run.Error.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
        Assert.Matches($"^error: {name}: failed in or after the launch of .+: CL_INVALID_COMMAND_QUEUE\\.$", said);
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
