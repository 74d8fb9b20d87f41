using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Plots;
using ResearchFreeze.Tests.Training;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Plots;

/// <summary>What pictures show, by value.</summary>
public sealed class PlotNumbersTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void ATimelineHasWhatEachUnitDidFromTheFirstStepToTheLast()
    {
        Timeline timeline = Timeline.Of(Run().Decisions!, 60);
        Assert.Equal(["stem", "middle", "head"], timeline.Units);
        Assert.Equal([new UnitSpan(0, 20, UnitPhase.Trains), new UnitSpan(20, 60, UnitPhase.Frozen)], timeline.Spans[0]);
        Assert.Equal([new UnitSpan(0, 30, UnitPhase.Trains), new UnitSpan(30, 40, UnitPhase.Frozen), new UnitSpan(40, 60, UnitPhase.Trains)], timeline.Spans[1]);
        Assert.Equal([new UnitSpan(0, 40, UnitPhase.Trains), new UnitSpan(40, 60, UnitPhase.Adjusted)], timeline.Spans[2]);
        Assert.Empty(timeline.Rollbacks);
        Assert.Equal([(0, 0), (20, 1), (30, 2), (40, 1)], timeline.Staircase());
    }

    [Fact]
    public void AUnitThatWasFrozenByHandIsFrozenFromTheStart()
    {
        Timeline timeline = Timeline.Of(Log(
            """{"step":10,"check":[{"unit":0,"frozen":true,"age":10},{"unit":1,"score":1}]}""",
            """{"step":20,"check":[{"unit":0,"age":0,"score":2}]}"""), 30);
        Assert.Equal([new UnitSpan(0, 20, UnitPhase.Frozen), new UnitSpan(20, 30, UnitPhase.Trains)], timeline.Spans[0]);
        Assert.Equal([(0, 1), (20, 0)], timeline.Staircase());
    }

    [Fact]
    public void AUnitThatIsThawedAndFrozenAgainAtAStepStaysFrozenAndAFreezeAtTheLastStepHasNoSpan()
    {
        Timeline timeline = Timeline.Of(Log(
            """{"step":0,"unit":0,"path":"a","action":"freeze","trigger":"rule","learningRate":0.1}""",
            """{"step":10,"unit":0,"path":"a","action":"thaw","trigger":"rule","learningRate":0.1}""",
            """{"step":10,"unit":0,"path":"a","action":"freeze","trigger":"rule","learningRate":0.1}""",
            """{"step":20,"unit":1,"path":"b","action":"freeze","trigger":"rule","learningRate":0.1}"""), 20);
        Assert.Equal([new UnitSpan(0, 20, UnitPhase.Frozen)], timeline.Spans[0]);
        Assert.Equal([new UnitSpan(0, 20, UnitPhase.Trains)], timeline.Spans[1]);
        Assert.Equal([(0, 1)], timeline.Staircase());
    }

    [Fact]
    public void ScoresAreThoseOfChecksThatObservedTheUnitAndMarksAreWhereItWasFrozenAndThawed()
    {
        IReadOnlyList<ScoreTrack> tracks = ScoreTrack.Of(Run().Decisions!);
        Assert.Equal([(10, 0.9), (20, 0.4)], tracks[0].Points);
        Assert.Equal([new ScoreMark(20, 0.4, true)], tracks[0].Marks);
        Assert.Equal([(10, 2), (20, 1.5), (30, 0.3), (50, 0.8)], tracks[1].Points);
        // A thaw has no score of its own: it is drawn at the last one.
        Assert.Equal([new ScoreMark(30, 0.3, true), new ScoreMark(40, 0.3, false)], tracks[1].Marks);
        Assert.Empty(tracks[2].Marks);
    }

    [Fact]
    public void TheThresholdIsTheRulesWhereItsSettingsAreKnown()
    {
        string run = HandWrittenRun.Write(folder);
        Assert.Equal(0.25, PlottedRun.Read(run, new RunCatalogues()).Threshold);
        string config = Path.Combine(run, "config.json"), text = File.ReadAllText(config);
        // A policy of somebody else's program, and a rule without a threshold, whose log this is not.
        foreach (string policy in new[] { "mine:threshold=0.25", "never" })
        {
            File.WriteAllText(config, text.Replace("prefix-patience:threshold=0.25", policy));
            Assert.Null(PlottedRun.Read(run, new RunCatalogues()).Threshold);
        }
    }

    [Fact]
    public void CurvesTellBatchesFromEpochs()
    {
        PlottedRun run = Run();
        Curves curves = Curves.Of(run.Metrics);
        Assert.Equal([(10, 2.5), (40, 1.5)], curves.BatchLoss);
        Assert.Equal([(30, 2), (60, 1)], curves.EpochLoss);
        Assert.Equal([(30, 1.8), (60, 1.2)], curves.ValidationLoss);
        Assert.Equal([(30, 0.5), (60, 0.75)], curves.ValidationAccuracy);
        Assert.Equal((60, 30), (run.Steps, run.EpochSteps));
    }

    [Fact]
    public void TheLedgersPartsAddUpToTheTotal()
    {
        LedgerBar bar = LedgerBar.Of(Run().Summary!);
        Assert.Equal([3000, 1000, 2000, 40, 7, 5, 3, 500, 20, 2020], bar.Parts);
        Assert.Equal(LedgerBar.Kinds.Count, bar.Parts.Count);
        Assert.Equal(6575, bar.Total);
        Assert.Equal(bar.Total, bar.Parts.Sum() - bar.Skipped);
    }

    [Fact]
    public void AccuracyIsTheMeanOfRunsThatDifferInTheirSeedWithItsStandardDeviation()
    {
        (double Accuracy, long Forward, string Policy)[] runs = [(0.7, 3000, "adaptive"), (0.8, 3200, "adaptive"), (0.9, 3400, "adaptive"), (0.6, 5000, "never")];
        IReadOnlyList<AccuracyPoint> points = AccuracyPoint.Of(runs.Select((run, i) => Read(HandWrittenRun.Write(folder, $"run{i}", run.Accuracy, run.Forward, run.Policy)).Summary!));
        Assert.Equal(["adaptive", "never"], points.Select(point => point.Series));
        Assert.Equal([3, 1], points.Select(point => point.Runs));
        Assert.Equal(0.8, points[0].Accuracy, 1e-12);
        Assert.Equal(0.1, points[0].AccuracySpread, 1e-12);
        Assert.Equal(3200 + 3055, points[0].Operations, 1e-9);
        Assert.Equal(200, points[0].OperationsSpread, 1e-9);
        Assert.Equal((0.6, 0, 8055, 0, 2), (points[1].Accuracy, points[1].AccuracySpread, points[1].Operations, points[1].OperationsSpread, points[1].Epochs));
    }

    [Fact]
    public void TheConfusionTableIsReadBack()
    {
        NamedTable table = Run().Confusion!;
        Assert.Equal(["cat", "dog"], table.ClassNames);
        Assert.Equal([3.0, 1, 0, 4], table.Cells.Cast<double>());
    }

    [Theory]
    [InlineData(new[] { 0.1, 0.9 }, null, "", 0.9, 0.9)]
    [InlineData(new[] { 0.01, 10.0 }, null, "logarithmic", 10, 1)]
    [InlineData(new[] { -1.0, 0.5, 40 }, 0.5, "logarithmic beyond ±0.5", 0.5, 0.881373587)]
    public void ScoresThatLieFarApartAreDrawnCloser(double[] scores, double? threshold, string name, double score, double height)
    {
        ScoreScale scale = ScoreScale.Of(scores, threshold);
        Assert.Equal(name, scale.Name);
        Assert.Equal(height, scale.Height(score), 1e-9);
        Assert.Equal(name.Length == 0, scale.Ticks(scores.Min(), scores.Max()).Count == 0);
        Assert.All(scale.Ticks(scores.Min(), scores.Max()), tick => Assert.InRange(tick, scores.Min(), scores.Max()));
    }

    [Fact]
    public void ARunThatWasKilledIsReadAsFarAsItGot()
    {
        string run = HandWrittenRun.Write(folder);
        File.Delete(Path.Combine(run, "summary.json"));
        File.AppendAllText(Path.Combine(run, "metrics.csv"), "70,3,0.05,0.");
        PlottedRun read = Read(run);
        Assert.Equal((4, 60), (read.Metrics.Count, read.Steps));
        Assert.StartsWith("not finished: policy prefix-patience:threshold=0.25", read.Described);
        Assert.Null(read.Confusion);
    }

    private PlottedRun Run() => Read(HandWrittenRun.Write(folder));

    private static PlottedRun Read(string run) => PlottedRun.Read(run, new RunCatalogues());

    private DecisionRecord Log(params string[] lines)
    {
        string head = """{"schema":3,"criterion":"weight-change","rule":"prefix-patience","division":"block","checkEvery":10,"warmUpSteps":10,"units":["a","b"]}""";
        return DecisionRecord.Read(folder.Write("decisions.jsonl", System.Text.Encoding.UTF8.GetBytes(string.Join('\n', lines.Prepend(head)) + "\n")));
    }
}
