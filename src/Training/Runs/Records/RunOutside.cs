using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Training;

/// <summary>Operations or bytes of a run outside of training, which no saving counts. The parts add up to the total.</summary>
/// <param name="Evaluation">Validation and test.</param>
/// <param name="Other">Uploads, tracing, snapshots and rollback.</param>
/// <param name="Total">All of it.</param>
public sealed record RunOutside(long Evaluation, long Other, long Total)
{
    internal static RunOutside Of(FreezeLedger ledger, Func<Cost, long> number)
    {
        long evaluation = number(ledger.Done(CostKind.Evaluation)), other = number(ledger.Done(CostKind.Other));
        return new RunOutside(evaluation, other, evaluation + other);
    }
}
