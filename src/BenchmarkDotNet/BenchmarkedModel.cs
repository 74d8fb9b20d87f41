using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.BenchmarkDotNet;

/// <summary>A model whose steps are timed with some of its units frozen.</summary>
/// <param name="Name">What the table calls it.</param>
/// <param name="Make">Makes the training on a device, always the same. It is called in each process, and once more to find the model's units.</param>
public sealed record BenchmarkedModel(string Name, Func<Device, BenchmarkedTraining> Make)
{
    /// <summary>What divides the model into units.</summary>
    public UnitDivision Division { get; init; } = UnitDivision.Blocks;

    /// <summary>Runs whose last state is timed too: a name, such as the policy's, and the run's decision log. The log must name this model's units.</summary>
    public IReadOnlyList<(string Name, DecisionRecord Log)> Runs { get; init; } = [];

    /// <summary>The states that are timed beside the baseline, in which nothing is frozen: every prefix, a middle, and where each of <see cref="Runs"/> ended.</summary>
    /// <exception cref="ArgumentException">A run has other units than the model.</exception>
    public IReadOnlyList<FrozenUnits> States()
    {
        using var device = new CpuDevice();
        using BenchmarkedTraining training = Make(device);
        IReadOnlyList<FreezeUnit> units = FreezeUnit.Of(training.Model, Division);
        return
        [
            .. Enumerable.Range(1, units.Count - 1).Select(count => FrozenUnits.Prefix(this, count, units)),
            .. units.Count < 3 ? [] : new[] { FrozenUnits.Middle(this, units.Count) },
            .. Runs.Select(run => FrozenUnits.Reached(this, run.Name, run.Log, units)),
        ];
    }
}
