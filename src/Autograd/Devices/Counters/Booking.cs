namespace ResearchFreeze.Autograd;

/// <summary>What work is booked under.</summary>
/// <param name="Kind">What it is for.</param>
/// <param name="Unit">The unit that it belongs to; 0: none.</param>
/// <param name="IsSaid">Whether somebody opened a scope that says so: else work without gradients is evaluation.</param>
internal readonly record struct Booking(CostKind Kind, int Unit, bool IsSaid);
