using ResearchFreeze.Tests.Training;

namespace ResearchFreeze.Tests.Cli;

/// <summary><c>--graphs</c> where there is nothing to record, and <c>--profile</c> where there are no kernels: one line, and nothing is written.</summary>
public sealed class GraphsOptionTests
{
    [Theory]
    [InlineData("on", "nothing to record")]
    [InlineData("always", "--graphs is auto, on or off, found 'always'")]
    public void WhatCannotBeIsRefusedBeforeAFolderIsMade(string graphs, string reason)
    {
        using var folder = new TemporaryFolder();
        string run = Path.Combine(folder.Root, "run");
        FreezeRun result = FreezeRun.Of("train", "--model", "mlp:784,4,10", "--steps", "2", "--device", "cpu", "--threads", "1", "--graphs", graphs, "--out", run);
        Assert.Equal(2, result.Code);
        Assert.Contains(reason, Assert.Single(result.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.False(Directory.Exists(run));
    }

    [Theory]
    [InlineData("--graphs", "on")]
    [InlineData("--profile")]
    public void ACpuHasNeitherRecordedStepsNorKernels(params string[] option)
    {
        FreezeRun result = FreezeRun.Of(["bench", "--model", "mlp:4,3", "--batch", "2", "--steps", "1", "--device", "cpu", "--threads", "1", .. option]);
        Assert.Equal(2, result.Code);
        Assert.Contains("nothing to record", Assert.Single(result.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }
}
