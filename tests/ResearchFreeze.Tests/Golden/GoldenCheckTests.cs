using ResearchFreeze.Autograd;
using Xunit.Sdk;

namespace ResearchFreeze.Tests.Golden;

/// <summary>The replay can fail: what it is meant to catch is caught.</summary>
public class GoldenCheckTests
{
    [Fact]
    public void OneWrongGradientElementFails()
    {
        var file = new GoldenFile<TrainingManifest>("training", "sgd-plain");
        double[] expected = file.Values("step1/gradient/1.weight");
        double[] found = [.. expected];
        new GoldenCheck().Norm("gradient", "1.weight", expected, found, TrainingReplay.GradientBound);
        int largest = Array.IndexOf(found, found.MaxBy(Math.Abs));
        found[largest] *= 1 + (8 * TrainingReplay.GradientBound);
        Assert.Throws<FailException>(() => new GoldenCheck().Norm("gradient", "1.weight", expected, found, TrainingReplay.GradientBound));
        found[largest] = double.NaN;
        Assert.Throws<FailException>(() => new GoldenCheck().Norm("gradient", "1.weight", expected, found, TrainingReplay.GradientBound));
    }

    [Fact]
    public void AWrongElementLengthOrBitFails()
    {
        var check = new GoldenCheck();
        check.Elements("output", "same", [1, -4, 0], [1, -4 - 1e-13, 0], 1e-12);
        Assert.Throws<FailException>(() => check.Elements("output", "element", [1, -4, 0], [1, -4 - 1e-11, 0], 1e-12));
        Assert.Throws<FailException>(() => check.Elements("output", "NaN", [1, -4], [1, double.NaN], 1e-12));
        Assert.Throws<FailException>(() => check.Elements("output", "of zeros", [0, 0], [0, 1e-300], 1e-12));
        Assert.Throws<FailException>(() => check.Elements("output", "length", [1, -4], [1], 1e-12));
        Assert.Throws<FailException>(() => check.Scalar("loss", "loss", 1, 1.1, 1e-5));
        Assert.Throws<FailException>(() => GoldenCheck.Identical("frozen", [1], [Math.BitIncrement(1)]));
    }

    [Theory]
    [InlineData("learning rate")]
    [InlineData("momentum")]
    [InlineData("decay")]
    [InlineData("clip")]
    [InlineData("frozen")]
    public void AnotherOptimizerThanTheRecordedOneFails(string what)
    {
        var file = new GoldenFile<TrainingManifest>("training", "sgd-clipped");
        TrainingManifest manifest = file.Manifest;
        TrainingManifest changed = what switch
        {
            "learning rate" => manifest with { Optimizer = manifest.Optimizer with { LearningRate = 0.0501 } },
            "momentum" => manifest with { Optimizer = manifest.Optimizer with { Momentum = 0.899 } },
            "decay" => manifest with { Optimizer = manifest.Optimizer with { WeightDecay = 0.0102 } },
            "clip" => manifest with { ClipNorm = 0 },
            _ => manifest with { Frozen = ["0"] },
        };
        using var device = new ReferenceDevice();
        new TrainingReplay(file, manifest, device).RecordedSteps(new GoldenCheck());
        Assert.ThrowsAny<XunitException>(() => new TrainingReplay(file, changed, device).RecordedSteps(new GoldenCheck()));
    }

    [Fact]
    public void AnUnknownOperationFails()
    {
        using var device = new ReferenceDevice();
        var file = new GoldenFile<OperationManifest>("operations", "maps");
        OperationManifest changed = file.Manifest with { Cases = [file.Manifest.Cases[0] with { Operation = "arctangent" }] };
        Assert.Throws<FailException>(() => OperationReplay.Run(file, changed, device, new GoldenCheck()));
        changed = file.Manifest with { Cases = [file.Manifest.Cases[0] with { Operation = "log" }] };
        Assert.Throws<FailException>(() => OperationReplay.Run(file, changed, device, new GoldenCheck()));
    }
}
