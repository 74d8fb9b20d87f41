using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>
/// Threads that ask the drivers for their devices at once, each as the first of its process. PoCL fills its list at the first question: a second thread that asked meanwhile was told of no device, or the process ended in a
/// segmentation fault. Only a new process can show it.
/// </summary>
public sealed class DriverThreadsTests
{
    private const string ChildVariable = "RESEARCHFREEZE_DRIVER_THREADS";

    private static bool IsChild => Environment.GetEnvironmentVariable(ChildVariable) is not null;

    [Fact]
    public async Task ThreadsThatAskAtOnceFindTheSameDevices()
    {
        Assert.SkipWhen(IsChild, "Already in a child process.");
        int devices = GpuDevice.List(true).Count;
        Assert.SkipWhen(devices == 0, "No GPU and no OpenCL device.");
        SampleProcess child = await SampleProcess.Run("ResearchFreeze.Tests", AppContext.BaseDirectory, ["-noLogo", "-method", $"*{nameof(DriverThreadsTests)}.{nameof(EachOfFourThreadsFindsAll)}"], (ChildVariable, $"{devices}"));
        Assert.True(child.Code == 0, child.Output + child.Error);
        Assert.Contains("Total: 1, Errors: 0, Failed: 0, Skipped: 0", child.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void EachOfFourThreadsFindsAll()
    {
        Assert.SkipUnless(IsChild, "Part of ThreadsThatAskAtOnceFindTheSameDevices, in a process of its own.");
        var found = new int[4];
        using var go = new ManualResetEventSlim();
        Thread[] threads = [.. found.Select((_, i) => new Thread(() =>
        {
            go.Wait();
            Thread.Sleep(3 * i);
            found[i] = GpuDevice.List(true).Count;
        }))];
        foreach (Thread thread in threads) thread.Start();
        go.Set();
        foreach (Thread thread in threads) thread.Join();
        Assert.Equal(Enumerable.Repeat(int.Parse(Environment.GetEnvironmentVariable(ChildVariable)!, System.Globalization.CultureInfo.InvariantCulture), 4), found);
    }
}
