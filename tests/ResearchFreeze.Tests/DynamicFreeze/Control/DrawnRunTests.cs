using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Training;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>What must hold in every run, in runs of which everything is drawn: see <see cref="DrawnRun"/>.</summary>
public class DrawnRunTests
{
    private static readonly ulong Runs = TestDevices.IsLong ? 400UL : 60UL;

    /// <summary>Saved by one, loaded by one that is new or has gone on, saved again: the same state; and from there on the same run.</summary>
    [Fact]
    public void ASavedRunGoesOnInAnotherWithEveryNumberThatItHad()
    {
        var seen = new HashSet<string>();
        for (ulong seed = 0; seed < Runs; seed++)
        {
            int at = 3 + (int)(seed * 7 % 20);
            using var whole = new DrawnRun(seed);
            whole.Run(0, at);
            StateTree state = whole.Save();
            string[] saved = DrawnRun.Texts(state), told = whole.Told();
            seen.UnionWith(saved.Select(text => text[(text.LastIndexOf('/', text.IndexOf(':', StringComparison.Ordinal)) + 1)..text.IndexOf(':', StringComparison.Ordinal)]));
            // What is frozen observes nothing, and keeps nothing for it.
            foreach (FreezeUnit unit in whole.Freeze.Units.Where(unit => unit.IsFrozen)) Assert.DoesNotContain(saved, text => text.StartsWith($"freeze/unit{unit.Index}/statistics/", StringComparison.Ordinal));
            whole.Run(at, DrawnRun.Steps);
            string[] end = DrawnRun.Texts(whole.Save());
            seen.UnionWith(whole.Freeze.Decisions.Select(entry => entry.Trigger));
            if (whole.Freeze.Decisions.Any(entry => double.IsFinite(entry.Score) && entry.Observation is not null)) seen.Add("score");
            using var other = new DrawnRun(seed);
            // One in two has a past of its own and is in the middle of a step, of which nothing may be left.
            if (seed % 2 == 0)
            {
                other.Run(0, (at + 4) % DrawnRun.Steps);
                other.Interrupt();
            }
            other.Load(state);
            Same(saved, DrawnRun.Texts(other.Save()), $"seed {seed}, loaded at {at}");
            Same(told, other.Told(), $"seed {seed}, told at {at}");
            other.Run(at, DrawnRun.Steps);
            Same([.. whole.Shown.Where(check => check.Step > at).Select(check => check.Line)], [.. other.Shown.Select(check => check.Line)], $"seed {seed}, checks after {at}");
            Same(end, DrawnRun.Texts(other.Save()), $"seed {seed}, from {at} on");
            Same(whole.Told(), other.Told(), $"seed {seed}, told from {at} on");
        }
        // The runs had what a state can forget, and each trigger acted.
        Assert.Superset(new HashSet<string>(["rule", "rate-drop", "regression", "timer", "probe", "guard", "hand", "score", "mask0", "maskAxis0", "refused", "probe", "margin", "offloaded0", "policy", "measured", "restoredStep", "rateScale", "stateAction", "masks", "unseenSteps"]), seen);
    }

    [Fact]
    public void WorkIsBookedOnceAndUnderTheUnitThatItIsFor()
    {
        for (ulong seed = 100; seed < 100 + Runs; seed++)
        {
            using var run = new DrawnRun(seed, byHand: seed % 2 == 0);
            run.Run(0, DrawnRun.Steps);
            run.CheckBooks();
        }
    }

    [Fact]
    public void ALogIsRepeatedBitForBitWhateverTheUserDoesMeanwhile()
    {
        using var folder = new TemporaryFolder();
        for (ulong seed = 200; seed < 200 + Runs; seed++)
        {
            string path = Path.Combine(folder.Root, "log.jsonl");
            string[] weights, decisions;
            using (var log = new DecisionLog(path))
            {
                using var run = new DrawnRun(seed, byHand: seed % 2 == 0, log: log);
                run.Run(0, DrawnRun.Steps);
                (weights, decisions) = (run.Weights, Told(run));
            }
            using var again = new DrawnRun(seed, byHand: seed % 2 == 0, replay: DecisionRecord.Read(path));
            again.Run(0, DrawnRun.Steps);
            Same(decisions, Told(again), $"seed {seed}");
            Same(weights, again.Weights, $"seed {seed}, weights");
        }

        static string[] Told(DrawnRun run) => [.. run.Freeze.Decisions.Where(entry => entry.Action != FreezeAction.Refuse).Select(entry => $"{entry} {entry.RateScale} {entry.StateAction} {entry.RestoredStep} {entry.UpdateMasks?.Count}")];
    }

    private static void Same(string[] expected, string[] actual, string where)
    {
        for (int i = 0; i < Math.Max(expected.Length, actual.Length); i++)
        {
            string one = expected.ElementAtOrDefault(i) ?? "nothing", other = actual.ElementAtOrDefault(i) ?? "nothing";
            if (one != other) Assert.Fail($"{where}: expected\n{one}\nfound\n{other}");
        }
    }
}
