namespace ResearchFreeze.Autograd;

/// <summary>Rows of a table (rows, columns) by ids of any shape: (ids…, columns). The table's gradient adds up the rows that were used, in the order of the ids; it keeps the ids alone.</summary>
public sealed class EmbeddingFunction : Function
{
    private const int Ids = 0;

    /// <inheritdoc/>
    public override string Name => "embedding";

    /// <inheritdoc/>
    public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs)
    {
        Shape table = inputs[0].Shape, ids = inputs[1].Shape;
        if (table.Rank != 2) throw new ShapeException($"embedding: needs a table (rows, columns), found {table}.");
        if (ids.Rank == Shape.MaxRank) throw new ShapeException($"embedding: ids {ids} leave no axis for the columns.");
        (inputs[1] as IntTensor)?.CheckBelow(table[0], Name, "id");
        Span<int> extents = stackalloc int[Shape.MaxRank];
        ids.CopyTo(extents);
        extents[ids.Rank] = table[1];
        Tensor y = context.Result(new Shape(extents[..(ids.Rank + 1)]));
        context.Device.GatherRows(table[1], inputs[0].Range, inputs[1].Range, y.Range);
        context.Save(Ids, inputs[1], InputSet.Of(0));
        return y;
    }

    /// <inheritdoc/>
    public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx)
    {
        TensorRange to = dx.Open(out float beta);
        context.Device.ScatterRows(dx.Shape[1], context.Saved(Ids).Range, dy.Range, to, beta);
    }
}

public sealed partial class Tensor
{
    private static readonly EmbeddingFunction EmbeddingInstance = new();

    /// <summary>Rows of this table (rows, columns) by ids of any shape: (ids…, columns). An id outside the table is an error; one that was written on the device makes its row NaN, and gets no gradient.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id is outside the table; the message has it and its position.</exception>
    /// <exception cref="ShapeException">This is no table, or the result would have too many axes.</exception>
    public Tensor Embedding(IntTensor ids) => EmbeddingInstance.Apply([this, ids]);
}
