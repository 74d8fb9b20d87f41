using ResearchFreeze.Data;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Training;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Cli;

/// <summary><c>freeze train --from</c>: a run that starts where another ended.</summary>
public class FromWeightsTests
{
    private static readonly string[] Small = ["--epochs", "2", "--batch", "6", "--threads", "1", "--device", "cpu", "--policy", "never"];

    [Fact]
    public void ARunStartsFromAnothersWeightsAndAReplayDoesToo()
    {
        using var folder = new TemporaryFolder();
        string data = FreezeRun.Images(folder), first = Path.Combine(folder.Root, "first"), second = Path.Combine(folder.Root, "second"), again = Path.Combine(folder.Root, "again");
        Assert.Equal(0, FreezeRun.Of(["train", "--data", data, "--model", "mlp:6,5,4,3", .. Small, "--out", first]).Code);
        FreezeRun started = FreezeRun.Of(["train", "--data", data, "--model", "mlp:6,5,4,3", .. Small, "--from", first, "--from-strict", "--lr", "0.0000001", "--out", second]);
        Assert.Equal((0, ""), (started.Code, started.Error));
        Assert.Contains($"starts from {first}: 6 of 6 tensors", started.Output.ReplaceLineEndings("\n").Replace("\n", "", StringComparison.Ordinal), StringComparison.Ordinal);
        // At next to no rate it stays where it started.
        Dictionary<string, SafetensorsEntry> before = Safetensors.Read(Path.Combine(first, "last.safetensors")), after = Safetensors.Read(Path.Combine(second, "last.safetensors"));
        foreach ((string name, SafetensorsEntry entry) in before) Assert.All(entry.ToDoubles().Zip(after[name].ToDoubles()), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
        Assert.Equal((first, true, null), (RunFolder.ReadConfig(second).From, RunFolder.ReadConfig(second).FromStrict, RunFolder.ReadConfig(second).Reset));
        Assert.Equal(0, FreezeRun.Of("train", "--replay", second, "--out", again).Code);
        Assert.Equal(File.ReadAllBytes(Path.Combine(second, "last.safetensors")), File.ReadAllBytes(Path.Combine(again, "last.safetensors")));
    }

    [Theory]
    [InlineData("--reset", "fc1", "--reset has no effect without --from.")]
    [InlineData("--from-layout", "torch", "--from-layout has no effect without --from.")]
    [InlineData("--from-strict", null, "--from-strict has no effect without --from.")]
    public void WhatHasNoEffectIsRefused(string option, string? value, string says)
    {
        using var folder = new TemporaryFolder();
        string run = Path.Combine(folder.Root, "run");
        FreezeRun refused = FreezeRun.Of([.. (string[])["train", "--data", FreezeRun.Images(folder), "--model", "mlp:6,5,4,3", "--out", run, option], .. value is null ? Array.Empty<string>() : [value]]);
        Assert.Equal(2, refused.Code);
        Assert.Contains(says, refused.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(run));
    }

    [Fact]
    public void WeightsThatAreNotThereOrDoNotFitEndInOneLineBeforeAFolderIsMade()
    {
        using var folder = new TemporaryFolder();
        string data = FreezeRun.Images(folder), run = Path.Combine(folder.Root, "run"), first = Path.Combine(folder.Root, "first");
        FreezeRun missing = FreezeRun.Of(["train", "--data", data, "--model", "mlp:6,5,4,3", .. Small, "--from", Path.Combine(folder.Root, "nothing"), "--out", run]);
        Assert.Equal(2, missing.Code);
        Assert.Contains("nothing", missing.Error, StringComparison.Ordinal);
        Assert.Equal(0, FreezeRun.Of(["train", "--data", data, "--model", "mlp:6,5,4,3", .. Small, "--out", first]).Code);
        FreezeRun wider = FreezeRun.Of(["train", "--data", data, "--model", "mlp:6,9,4,3", .. Small, "--from", first, "--out", run]);
        Assert.Equal(2, wider.Code);
        Assert.Contains("fc1.weight (F32 (5, 6) in the file, (9, 6) in the model)", wider.Error, StringComparison.Ordinal);
        FreezeRun reset = FreezeRun.Of(["train", "--data", data, "--model", "mlp:6,9,4,3", .. Small, "--from", first, "--reset", "fc1,fc2", "--out", run]);
        Assert.Equal((0, ""), (reset.Code, reset.Error));
    }

    [Fact]
    public void Case26_WeightsThatDoNotSayHowTheyLieAreRefusedUntilItIsSaid()
    {
        using var folder = new TemporaryFolder();
        string torch = Path.Combine(folder.Root, "torch.safetensors"), run = Path.Combine(folder.Root, "run");
        // A convolution of three channels and three pixels fits both ways.
        float[] values = [.. Enumerable.Range(0, 81).Select(i => i / 81f)];
        Safetensors.Write(torch, new Dictionary<string, SafetensorsEntry> { ["conv.weight"] = SafetensorsEntry.Of([3, 3, 3, 3], values) });
        Action<RunCatalogues> mine = names =>
        {
            names.Models.Add("mine", "mine", "One convolution.", _ => new ModelSpec((sample, classes) => new Sequential(("conv", new Conv2d(3, 3, 3, padding: 1, bias: false)), ("pool", new GlobalAveragePool()), ("head", new Linear(3, classes))), [4, 4, 3], 2));
            names.Data.Add("dots", "dots", "Three channels.", _ => () => new("dots", Part("train"), Part("validation"), Part("test")));
        };
        string[] args = ["train", "--model", "mine", "--data", "dots", .. Small, "--lr", "0.0000001", "--from", torch, "--out", run];
        FreezeRun silent = FreezeRun.With(mine, args);
        Assert.Equal(2, silent.Code);
        Assert.Contains("does not say how its weights lie", silent.Error, StringComparison.Ordinal);
        Assert.Contains("must be torch or ours, found 'nchw'", FreezeRun.With(mine, [.. args, "--from-layout", "nchw"]).Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(run));
        foreach ((string layout, int place) in new[] { ("torch", 9), ("ours", 1) })
        {
            Assert.Equal(0, FreezeRun.With(mine, [.. args, "--from-layout", layout, "--overwrite"]).Code);
            // The second element of ours is of the second input channel: nine further in PyTorch's.
            Assert.Equal(values[place], Safetensors.Read(Path.Combine(run, "last.safetensors"))["conv.weight"].ToDoubles()[1], 1e-4);
        }
        // What a run has written says so itself, and is no PyTorch's.
        string again = Path.Combine(folder.Root, "again");
        Assert.Equal(0, FreezeRun.With(mine, [.. args[..^4], "--from", Path.Combine(run, "last.safetensors"), "--out", again]).Code);
        Assert.Contains("says that its weights lie as ours do", FreezeRun.With(mine, [.. args[..^4], "--from", run, "--from-layout", "torch", "--out", again, "--overwrite"]).Error, StringComparison.Ordinal);

        static HostDataSet Part(string name) => HostDataSet.FromArrays([.. Enumerable.Range(0, 12 * 48).Select(i => (i * 7 % 13) / 13f)], [4, 4, 3], [.. Enumerable.Range(0, 12).Select(i => i % 2)], 2, name);
    }
}
