using ILGPU.Runtime.OpenCL;
using ResearchFreeze.Autograd;
using ResearchFreeze.Tests.Training;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Cli;

/// <summary>A driver that fails while a verb works, on a device that the verb has picked by its name. With the other tests of GPUs: the opt-in for PoCL is the process's.</summary>
[Collection("gpu")]
public sealed class DeviceFailureOpenClTests
{
    private const string OptIn = "RESEARCHFREEZE_OPENCL_UNSUPPORTED";

    [Theory]
    [InlineData("bench --model lost --batch 4 --steps 1")]
    [InlineData("train --model lost")]
    public void EachVerbSaysWhichDeviceFailed(string line)
    {
        string? before = Environment.GetEnvironmentVariable(OptIn);
        Environment.SetEnvironmentVariable(OptIn, "1");
        try
        {
            string? name = Devices.List().FirstOrDefault(device => device.IsUsable && device.Name is not ("cpu" or "reference"))?.Name;
            Assert.SkipWhen(name is null, "no GPU and no OpenCL device: install pocl-opencl-icd and ocl-icd-opencl-dev");
            using var folder = new TemporaryFolder();
            string[] args = [.. line.Split(' '), "--device", name];
            if (args[0] == "train") args = [.. args, "--data", FreezeRun.Images(folder), "--out", Path.Combine(folder.Root, "run")];
            FreezeRun run = FreezeRun.With(c => c.Models.Add("lost", _ => new ModelSpec((_, _) => throw new CLException(CLError.CL_INVALID_COMMAND_QUEUE), [6], 3)), args);
            Assert.Equal((2, ""), (run.Code, run.Output));
            string said = Assert.Single(run.Error.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
            Assert.Matches($"^error: {name}: failed in or after the launch of .+: CL_INVALID_COMMAND_QUEUE\\.$", said);
        }
        finally
        {
            Environment.SetEnvironmentVariable(OptIn, before);
        }
    }
}
