using ResearchFreeze.Tests.Training;

namespace ResearchFreeze.Tests.Cli;

/// <summary>An option that has no effect is an error: each pair of options of a verb that leaves one of them without.</summary>
public sealed class OptionEffectTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("train --policy adaptive --criterion gradient-snr", "policy 'adaptive' is a criterion with a rule: give either it or --criterion and --rule, found both")]
    [InlineData("train --policy adaptive --rule aimd", "policy 'adaptive' is a criterion with a rule")]
    [InlineData("train --policy never --criterion gradient-snr", "policy 'never' is a criterion with a rule")]
    [InlineData("train --control checks=3", "control 'checks=3' needs a criterion or a rule; policy 'adaptive' has settings of its own")]
    [InlineData("train --policy adaptive --control checks=3", "control 'checks=3' needs a criterion or a rule")]
    [InlineData("train --replay RUN --policy adaptive", "--policy has no effect with --replay")]
    [InlineData("train --replay RUN --criterion cka", "--criterion has no effect with --replay")]
    [InlineData("train --replay RUN --rule aimd", "--rule has no effect with --replay")]
    [InlineData("train --replay RUN --control checks=3", "--control has no effect with --replay")]
    [InlineData("train --replay RUN --units block", "--units has no effect with --replay")]
    [InlineData("train --steps 5 --epochs 1", "--epochs has no effect with --steps: it says how long the run is")]
    [InlineData("train --overwrite", "--overwrite needs a --out: without one it has no effect")]
    [InlineData("train --log tensorboard --resume RUN", "--log has no effect with --resume: the run's own settings are used")]
    [InlineData("train --device reference --threads 1", "--threads has no effect with --device reference: only the CPU has threads")]
    [InlineData("train --threads 0 --device opencl", "--threads has no effect with --device opencl")]
    [InlineData("train --threads 2 --device cuda:1", "--threads has no effect with --device cuda:1")]
    [InlineData("train --policy adaptive:reference=3", "reference=3 has no effect: criterion adaptive compares with no reference")]
    [InlineData("train --policy prefix-patience:reference=0", "reference=0 has no effect: criterion weight-change")]
    [InlineData("train --criterion drift --control reference=3", "reference=3 has no effect: criterion drift")]
    [InlineData("train --policy adaptive:debt=2", "debt needs probes")]
    [InlineData("train --rule phases:1,2,steps=3,metric=loss", "metric=loss has no effect without patience")]
    [InlineData("train --policy adaptive:frozen=0", "frozen is a fraction in (0, 1], found 0, with which nothing can be frozen")]
    [InlineData("train --policy autofreeze:percentile=0", "percentile must be in (0, 100], found 0, below which no score lies")]
    [InlineData("train --rule percentile:0,prefix=0", "percentile must be in (0, 100], found 0, below which no score lies")]
    [InlineData("train --rule budget:memory=0.5 --control once=1", "once would break a budget of memory, which holds from the first step on")]
    [InlineData("train --rule budget:memory=0.5 --control probe=2,debt=3", "debt would break a budget of memory")]
    [InlineData("train --rule budget:memory=0.5 --control paying=1", "paying would break a budget of memory")]
    [InlineData("train --rule budget:memory=0.5+prefix", "a filter would break a budget of memory")]
    [InlineData("train --policy greentrainer:rho=0.1", "error: greentrainer: rho 0.1 is too small")]
    [InlineData("train --policy elastictrainer:rho=2", "error: elastictrainer: rho must be in (0, 1], found 2.")]
    [InlineData("bench --policy adaptive --steps 3", "--steps has no effect with --policy")]
    [InlineData("bench --policy adaptive --prefixes", "--prefixes has no effect with --policy")]
    [InlineData("bench --policy adaptive --primitives", "--primitives has no effect with --policy")]
    [InlineData("bench --run-steps 30", "--run-steps 30 needs a --policy")]
    [InlineData("bench --device reference --threads 1", "--threads has no effect with --device reference")]
    [InlineData("validate --policy never --rule aimd", "--rule aimd needs a --criterion")]
    [InlineData("validate --policy never --control checks=3", "--control checks=3 needs a --criterion")]
    [InlineData("validate --policy never --tasks shift --schedule cosine", "--schedule has no effect with --tasks shift")]
    [InlineData("validate --policy never --device reference --threads 1", "--threads has no effect with --device reference")]
    public void Case27_AnOptionWithoutEffectIsAnError(string line, string says)
    {
        FreezeRun run = FreezeRun.Of([.. line.Split(' ').Select(word => word == "RUN" ? folder.Root : word)]);
        Assert.Equal((2, ""), (run.Code, run.Output));
        string message = Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains(says, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--criterion", "cka", "--control", "reference=3,checks=9")]
    [InlineData("--policy", "prefix-patience:criterion=plasticity,reference=0")]
    [InlineData("--rule", "phases:1,2,patience=1,metric=loss")]
    [InlineData("--policy", "adaptive")]
    public void OnesThatHaveAnEffectAreNot(params string[] args)
    {
        FreezeRun run = FreezeRun.Of(
            ["train", "--data", FreezeRun.Images(folder), "--model", "mlp:6,5,4,3", "--epochs", "1", "--batch", "6", "--device", "cpu", "--threads", "1", "--out", Path.Combine(folder.Root, "run"), .. args]);
        Assert.Equal((0, ""), (run.Code, run.Error));
    }
}
