using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Evaluation;
using ResearchFreeze.Tests.DynamicFreeze;

namespace ResearchFreeze.Tests.Training.Validation;

/// <summary>Policies whose decisions are known beforehand.</summary>
internal static class PlantedPolicies
{
    /// <summary>Steps between checks.</summary>
    public const int Interval = 20;

    /// <summary>A small task: what it learns is of no matter.</summary>
    public static PlantedSettings Short { get; } = new() { Steps = 200, Inputs = 3, Hidden = 2, Outputs = 2, BatchSize = 4 };

    /// <summary>Scores from the planted answer under a prefix rule that freezes at once.</summary>
    public static Policy Knowing(Func<int, double> score) => new(new ByUnit(score), new PrefixPatience(1), Options);

    /// <summary>Freezes what a test says, at checks.</summary>
    public static Policy Scripted(Action<CheckContext, FreezeDecision> decide, params UnitStatistic[] statistics) => new(new Watching(statistics), new Scripted(decide), Options);

    private static FreezeOptions Options(int steps) => FreezeOptions.WithoutTriggers with { CheckEvery = Interval };

    /// <summary>A criterion sees no unit, so a statistic tells it which one this is.</summary>
    private sealed class ByUnit(Func<int, double> score) : ICriterion
    {
        public string Name => "by unit";

        public IReadOnlyList<UnitStatistic> Statistics { get; } = [new Place()];

        public double Score(UnitHistory history) => score((int)history[^1].Of("place")[0]);
    }

    private sealed class Place : UnitStatistic
    {
        public override string Key => "place";

        public override Reads Reads => Reads.None;

        public override IReadOnlyList<string> Values { get; } = ["index"];

        public override void Read(StepView step, TensorRange values) => step.Device.Fill(values, step.Unit.Index);
    }
}
