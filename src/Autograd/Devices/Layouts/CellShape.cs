namespace ResearchFreeze.Autograd;

/// <summary>One step of a recurrent layer but for its products: rows of sequences, units of each, and which step it is, for sequences that end early.</summary>
/// <param name="Rows">Sequences.</param>
/// <param name="Width">Units of the hidden state.</param>
/// <param name="Step">The step's number: a sequence with no more steps than this keeps its state. Without lengths it means nothing.</param>
public readonly record struct CellShape(int Rows, int Width, int Step = 0)
{
    /// <summary>Elements of a state.</summary>
    public int Count => checked(Rows * Width);

    /// <summary>Elements of all gates, where a unit has so many.</summary>
    public int CountOf(int gates) => checked(gates * Count);
}
