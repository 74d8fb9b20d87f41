using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

/// <summary>Small runs on several ranks in one process.</summary>
internal static class RankRun
{
    /// <summary>192 samples of 16 letters.</summary>
    public static DataSplits Letters() => new PlainText("letters", string.Concat(Enumerable.Range(0, 16 * 192 * 5 / 4).Select(i => (char)('a' + (i * i % 7)))), 0.1, 0.1).Tokenise(new ByteVocabulary(), 16);

    /// <summary>Texts of 2 to 6 tokens, of which every third asks for none.</summary>
    public static DataSplits Gaps()
    {
        return new DataSplits("gaps", Of("train", 61), Of("validation", 20), Of("test", 20));

        static HostDataSet Of(string name, int count)
        {
            int[] lengths = [.. Enumerable.Range(0, count).Select(sample => 2 + (sample % 5))], starts = [0, .. lengths.Select((_, sample) => lengths.Take(sample + 1).Sum())];
            (int Sample, int At)[] all = [.. lengths.SelectMany((length, sample) => Enumerable.Range(0, length).Select(at => (sample, at)))];
            return HostDataSet.FromTokens(new TokenSamples([.. all.Select(token => (token.Sample + (token.At * token.At)) % 7)], starts, 7) { MaxLength = 8, TokenLabels = [.. all.Select(token => token.Sample % 3 == 0 ? -1 : (token.Sample + token.At) % 7)] }, name);
        }
    }

    /// <summary>Noise around one pattern a class, in 16 × 16 pixels.</summary>
    public static DataSplits Squares() => new("squares", Squares("train", 96), Squares("validation", 32), Squares("test", 32));

    private static HostDataSet Squares(string name, int count)
    {
        var random = new RandomStream(9, name);
        int[] labels = [.. Enumerable.Range(0, count).Select(id => id % 4)];
        return HostDataSet.FromArrays([.. Enumerable.Range(0, count * 256).Select(i => MathF.Sin((i % 256) * (labels[i / 256] + 1) / 9f) + (float)random.NextNormal())], [16, 16], labels, 4, name);
    }

    /// <summary>Runs a trainer on each rank; gives the first one's result and every one's weights.</summary>
    public static (RunResult Result, int[][][] Weights) Run(int size, RunSettings settings, Func<DataSplits>? data = null, string? folder = null, int stopAfter = int.MaxValue, Loopback? group = null, bool resumes = false)
    {
        RunResult? first = null;
        var weights = new int[size][][];
        (group ?? new Loopback(size)).Run(ranks =>
        {
            using RunParts parts = SmallRun.Parts(settings, (data ?? (() => SmallRun.Data()))());
            Trainer.CheckPolicy(parts, ranks);
            using var stop = new CancellationTokenSource();
            using ResumedRun? opened = resumes && ranks.Rank == 0 ? ResumedRun.Open(folder!, warning => Assert.Fail(warning)) : null;
            // What the first rank does to the folder is done.
            ranks.Barrier();
            using ResumedRun? resumed = opened ?? (resumes ? ResumedRun.OpenBeside(folder!) : null);
            RunLog? log = folder is null || ranks.Rank > 0 ? null : resumed is not null ? resumed.OpenLog(parts) : new RunLog(folder, parts.Metrics, settings);
            using (log)
            {
                RunCheckpoints? checkpoints = log is null ? null : new RunCheckpoints(folder!, CheckpointPlan.Parse(settings.CheckpointEvery, settings.KeepCheckpoints));
                var trainer = new Trainer(parts, log, ranks.Rank == 0 ? new StopAfter(stop, stopAfter) : null, checkpoints, ranks);
                resumed?.Load(trainer);
                RunResult result = trainer.Run(stop.Token);
                if (ranks.Rank == 0) first = result;
                if (log is not null) RunFolder.WriteResult(folder!, result, parts.Model);
                weights[ranks.Rank] = SmallRun.Bits(SmallRun.Weights(parts.Model));
            }
        });
        return (first!, weights);
    }

    /// <summary>Asks the run to end after a step.</summary>
    private sealed class StopAfter(CancellationTokenSource stop, int after) : IRunObserver
    {
        public void Started(RunParts parts, FreezeController freeze)
        {
        }

        public void Logged(MetricRow row)
        {
        }

        public void Stepped(int step, int epoch)
        {
            if (step == after) stop.Cancel();
        }
    }
}
