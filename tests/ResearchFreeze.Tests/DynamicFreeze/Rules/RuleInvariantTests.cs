using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>Every rule, alone and behind filters, under random scores, with thaws from outside as triggers make them.</summary>
public class RuleInvariantTests
{
    private const int Checks = 24;
    private static readonly int Runs = TestDevices.IsLong ? 300 : 100;

    /// <summary>A rule as it is written, and the fewest units it makes sense for.</summary>
    public static TheoryData<string, int> Written
    {
        get
        {
            var rules = new TheoryData<string, int>
            {
                { "never", 1 },
                { "static:2", 6 },
                { "prefix-patience:patience=1", 1 },
                { "prefix-patience", 1 },
                { "loss-budget:patience=1,planned=0,together=1", 1 },
                { "loss-budget:loss=2,patience=1", 1 },
                { "loss-budget:loss=3,patience=0", 1 },
                { "threshold:patience=1", 1 },
                { "threshold:threshold=0.7", 1 },
                { "percentile:50", 1 },
                { "percentile:30,prefix=0", 1 },
                { "lowest:frozen=0.6", 1 },
                { "aimd", 1 },
                { "geometric-depth:alpha=0.3", 1 },
                { "geometric-depth:alpha=0.2,score=0", 1 },
                { "rotation:units=2", 1 },
                { "rotation:units=1,every=30,order=ascending,state=drop", 1 },
                { "rotation:units=3,order=descending", 1 },
                { "budget:rho=0.7", 6 },
                { "budget:rho=0.9,every=3", 6 },
                { "phases:checks=3,factor=2.6", 1 },
                { "phases:1,2,4,6,patience=2,stop=1", 6 },
            };
            string[] filtered = [.. rules.Select(row => row.Data.Item1)];
            foreach (string rule in filtered)
            {
                int units = rule.StartsWith("budget", StringComparison.Ordinal) || rule.Contains(":1,2", StringComparison.Ordinal) || rule == "static:2" ? 6 : 1;
                foreach (string filters in new[] { "+prefix", "+cap:alpha=0.1", "+prefix+cap:every=40", "+cap:alpha=0.2+prefix" }) rules.Add(rule + filters, units);
            }
            return rules;
        }
    }

    [Theory]
    [MemberData(nameof(Written))]
    public void NoRuleEverBreaksAnInvariant(string text, int fewest)
    {
        var random = new RandomStream(TestDevices.Seed, text);
        IFreezeRule rule = Rules.Parse(text, Rules.Catalogue(), Rules.Filters());
        int changes = 0;
        for (int number = 0; number < Runs; number++)
        {
            int units = fewest + random.NextInt32(10 - fewest), heads = Math.Min(units, 1 + random.NextInt32(2));
            // Mostly at the end; or there is none; or it is named, and stands in front.
            Func<int, bool> isHead = random.NextInt32(4) switch { 0 => _ => false, 1 => unit => unit == 0, _ => unit => unit >= units - heads };
            ulong start = random.Position;
            Recorder recorder = new(), again = new();
            RuleGame game = Play(rule, recorder, units, isHead, random, reloadEvery: 0, (_, _) => { });
            random.Position = start;
            // Again, with the state saved and loaded on the way: the same decisions, reasons included. And now every check is looked at.
            RuleGame second = Play(rule, again, units, isHead, random, reloadEvery: 1 + (number % 7), (played, decision) => Look(text, again, played, decision, $"run {number}, seed {TestDevices.Seed}"));
            Assert.Equal(game.Log, second.Log);
            Assert.Equal(recorder.Lines, again.Lines);
            changes += game.Log.Distinct().Count() - 1;
        }
        Assert.Equal(text.StartsWith("never", StringComparison.Ordinal) || text.StartsWith("static:2+cap", StringComparison.Ordinal) || text == "static:2+prefix+cap:every=40", changes == 0);
    }

    private static RuleGame Play(IFreezeRule written, Recorder recorder, int units, Func<int, bool> isHead, RandomStream random, int reloadEvery, Action<RuleGame, FreezeDecision> look)
    {
        FilteredRule filtered = written as FilteredRule ?? new FilteredRule(written);
        var game = new RuleGame(units, new FilteredRule(filtered.Rule, [recorder, .. filtered.Filters])) { IsHead = isHead, RunSteps = 10 * Checks, RateAt = step => 1 - (step / (11.0 * Checks)) };
        for (int check = 0; check < Checks; check++)
        {
            if (reloadEvery > 0 && check % reloadEvery == 0) game.Reload();
            // Scores of a run: most are low, some say nothing.
            double[] scores = [.. Enumerable.Range(0, units).Select(_ => random.NextInt32(8) == 0 ? double.NaN : random.NextInt32(40) == 0 ? double.PositiveInfinity : random.NextDouble())];
            double[] prices = [.. Enumerable.Range(0, units).Select(_ => random.NextInt32(8) == 0 ? double.NaN : 0.02 * random.NextDouble())];
            game.PriceOf = unit => prices[unit];
            if (check > 0 && random.NextInt32(12) == 0) game.ThawAll();
            if (random.NextInt32(3) == 0) game.Observe(random.NextInt32(10) == 0 ? double.NaN : random.NextDouble());
            FreezeDecision decision = game.Play(scores);
            // A full step's cost is known after the first.
            game.CostOf = StepCost;
            recorder.Lines.Add($"{string.Concat(decision.Units.Select(unit => $"{unit.Reason}/{unit.LearningRateScale}/{unit.StateAction} "))}{decision.NextCheck} {decision.Stop}");
            look(game, decision);
        }
        return game;
    }

    private static void Look(string text, Recorder recorder, RuleGame game, FreezeDecision decision, string shown)
    {
        int units = game.Units, others = Enumerable.Range(0, units).Count(unit => !game.IsHead(unit));
        string rule = text.Split('+')[0];
        bool isPrefix = true, needsScore = rule.Split(':')[0] is "prefix-patience" or "threshold" or "percentile" or "aimd";
        for (int i = 0; i < units; i++)
        {
            UnitView before = game.Views[i];
            bool freezes = game.IsFrozen(i) && !before.IsFrozen, changes = game.IsFrozen(i) != before.IsFrozen;
            // What a filter does not let through stays what it is: nothing is turned round.
            if (changes && game.IsFrozen(i) != recorder.Wanted[i]) throw Broken($"a filter turned unit {i} round");
            if (changes && decision.Units[i].Reason is not { Length: > 0 }) throw Broken($"unit {i} changes for no reason");
            if (freezes && rule.StartsWith("loss", StringComparison.Ordinal) && double.IsNaN(before.Price)) throw Broken($"unit {i} is frozen without a price");
            if (freezes && needsScore && double.IsNaN(before.Score)) throw Broken($"unit {i} is frozen without a score");
            if (freezes && text.Contains("+prefix", StringComparison.Ordinal) && !isPrefix) throw Broken($"unit {i} is frozen behind one that trains");
            isPrefix &= game.IsFrozen(i) || before.IsHead;
        }
        string frozen = game.Frozen;
        bool keepsPrefix = rule.StartsWith("prefix", StringComparison.Ordinal) || rule.StartsWith("loss", StringComparison.Ordinal) || rule is "static:2" or "percentile:50" || rule.StartsWith("phases", StringComparison.Ordinal);
        if (keepsPrefix && !string.Concat(Enumerable.Range(0, units).Where(unit => !game.IsHead(unit))).StartsWith(frozen, StringComparison.Ordinal)) throw Broken($"{frozen} is no prefix");
        if (text.Contains("+cap", StringComparison.Ordinal))
        {
            string cap = text[text.IndexOf("+cap", StringComparison.Ordinal)..];
            int step = game.StepOfCheck, phase = cap.Contains("every=40", StringComparison.Ordinal) ? step / 40 : game.Log.Count - 1;
            double alpha = cap.Contains("0.1", StringComparison.Ordinal) ? 0.1 : cap.Contains("0.2", StringComparison.Ordinal) ? 0.2 : 1 / 3.0;
            if (frozen.Length > ScheduleCap.Limit(others, alpha, phase)) throw Broken($"{frozen} are more than the cap");
        }
        if (text.Contains('+', StringComparison.Ordinal)) return;
        // Where nothing is refused a rule has what it wants.
        if (rule.StartsWith("rotation", StringComparison.Ordinal)) Assert.Equal(Math.Min(int.Parse(rule.AsSpan("rotation:units=".Length, 1), System.Globalization.CultureInfo.InvariantCulture), others), others - frozen.Length);
        if (rule == "budget:rho=0.7" && game.Log.Count > 1 && StepShare(game) > 0.7) throw Broken($"a step costs {StepShare(game)} of a full one");

        // A message for each of a million claims would take longer than the claims.
        Exception Broken(string how) => new InvalidOperationException($"{text}, {shown}, check {game.Log.Count - 1}: {how}");
    }

    private static double StepShare(RuleGame game)
    {
        double done = 0, full = 0;
        bool isDownstream = false;
        for (int i = 0; i < game.Units; i++)
        {
            double cost = 1 + (i % 3);
            done += cost + (game.IsFrozen(i) ? 0 : cost) + (isDownstream ? cost : 0);
            full += 3 * cost;
            isDownstream |= !game.IsFrozen(i);
        }
        return done / full;
    }

    private static Cost StepCost(int unit, CostKind kind) =>
        kind is CostKind.Forward or CostKind.InputGradient or CostKind.WeightGradient ? new Cost(1, 1 + (unit % 3), 8, 0) : default;

    /// <summary>Remembers what the rule wanted.</summary>
    private sealed class Recorder : IDecisionFilter<NoState>
    {
        public string Name => "recorder";

        public bool[] Wanted { get; private set; } = [];

        public List<string> Lines { get; } = [];

        public void Apply(CheckContext context, FreezeDecision decision, ref NoState state) => Wanted = [.. decision.Units.Select(unit => unit.Frozen)];
    }
}
