using ILGPU;

namespace ResearchFreeze.Autograd;

// One step of recurrent layers. A kernel reads nothing of a range that is missing: another stands in for it.
public sealed partial class GpuDevice
{
    /// <inheritdoc/>
    protected override void LstmCellCore(in CellShape shape, TensorRange part, TensorRange product, TensorRange cell, TensorRange? hidden, TensorRange? lengths, TensorRange y)
    {
        if (shape.Count == 0) return;
        launchers.LstmCell(stream, PerElement(shape.Count), Reals(part), Reals(product), Reals(cell), Reals(hidden ?? cell), LengthsOf(lengths), Reals(y), Arguments(shape, lengths, CellInput.State));
    }

    /// <inheritdoc/>
    protected override void LstmCellBackwardCore(in CellShape shape, CellInput wanted, TensorRange? part, TensorRange? product, TensorRange? cell, TensorRange? lengths, TensorRange dy, TensorRange dx, float beta)
    {
        if (shape.Count == 0) return;
        CellArguments arguments = Arguments(shape, lengths, wanted);
        (ArrayView<float> z, ArrayView<float> q, ArrayView<float> c) = (Reals(part ?? dy), Reals(product ?? dy), Reals(cell ?? dy));
        if (wanted is CellInput.Part or CellInput.Product) launchers.LstmGateGradient(stream, PerElement(shape.Count), z, q, c, LengthsOf(lengths), Reals(dy), Reals(dx), arguments, beta);
        else launchers.LstmStateGradient(stream, PerElement(shape.Count), z, q, c, LengthsOf(lengths), Reals(dy), Reals(dx), arguments, beta);
    }

    /// <inheritdoc/>
    protected override void GruCellCore(in CellShape shape, TensorRange part, TensorRange product, TensorRange hidden, TensorRange? lengths, TensorRange y)
    {
        if (shape.Count == 0) return;
        launchers.GruCell(stream, PerElement(shape.Count), Reals(part), Reals(product), Reals(hidden), LengthsOf(lengths), Reals(y), Arguments(shape, lengths, CellInput.State));
    }

    /// <inheritdoc/>
    protected override void GruCellBackwardCore(in CellShape shape, CellInput wanted, TensorRange part, TensorRange product, TensorRange? hidden, TensorRange? lengths, TensorRange dy, TensorRange dx, float beta)
    {
        if (shape.Count == 0) return;
        CellArguments arguments = Arguments(shape, lengths, wanted);
        if (hidden is { } state) launchers.GruGateGradient(stream, PerElement(shape.Count), Reals(part), Reals(product), Reals(state), LengthsOf(lengths), Reals(dy), Reals(dx), arguments, beta);
        else launchers.GruStateGradient(stream, PerElement(shape.Count), Reals(part), Reals(product), LengthsOf(lengths), Reals(dy), Reals(dx), arguments, beta);
    }

    private ArrayView<int> LengthsOf(TensorRange? lengths) => lengths is { } range ? Integers(range) : default;

    private static CellArguments Arguments(in CellShape shape, TensorRange? lengths, CellInput wanted) =>
        new() { Count = shape.Count, Width = shape.Width, Step = shape.Step, HasLengths = lengths is null ? 0 : 1, Wanted = (int)wanted };
}
