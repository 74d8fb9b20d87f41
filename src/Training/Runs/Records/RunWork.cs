using ResearchFreeze.Autograd;

namespace ResearchFreeze.Training;

/// <summary>Operations or bytes of training by what they were for. The parts add up to the total.</summary>
/// <param name="Forward">Forward passes.</param>
/// <param name="InputGradient">Gradients with respect to activations.</param>
/// <param name="WeightGradient">Gradients with respect to parameters.</param>
/// <param name="Optimizer">Updates and gradient norms.</param>
/// <param name="Controller">Statistics and decisions.</param>
/// <param name="Probe">Probe steps.</param>
/// <param name="Cache">The forward cache.</param>
/// <param name="Total">All of it.</param>
public sealed record RunWork(long Forward, long InputGradient, long WeightGradient, long Optimizer, long Controller, long Probe, long Cache, long Total)
{
    /// <summary>What data-parallel training gave to reductions between ranks; 0 where there was one.</summary>
    public long Communication { get; init; }

    /// <summary>One number of a ledger's costs.</summary>
    /// <param name="of">What was done for one kind, or would have been.</param>
    /// <param name="total">In all.</param>
    /// <param name="number">Operations or bytes.</param>
    internal static RunWork Of(Func<CostKind, Cost> of, Cost total, Func<Cost, long> number)
    {
        return new RunWork(
            Part(CostKind.Forward), Part(CostKind.InputGradient), Part(CostKind.WeightGradient), Part(CostKind.Optimizer), Part(CostKind.Statistics), Part(CostKind.Probe), Part(CostKind.Cache), number(total))
        {
            Communication = Part(CostKind.Communication),
        };

        long Part(CostKind kind) => number(of(kind));
    }
}
