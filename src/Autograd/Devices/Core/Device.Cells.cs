namespace ResearchFreeze.Autograd;

// One step of recurrent layers, but for its products. lengths, if given, say how many steps each row has: a row that has ended passes its state on. What a gradient does not read may be null.
public abstract partial class Device
{
    /// <summary>y ← the next hidden state and the next cell, one behind the other; see <see cref="LstmOp{T, TMath}"/>. The hidden state is read with lengths alone.</summary>
    /// <param name="shape">Rows, width and the step's number.</param>
    /// <param name="part">What the inputs add to the gates, rows · 4 · width.</param>
    /// <param name="product">What the product with the hidden state adds to them.</param>
    /// <param name="cell">rows · width.</param>
    /// <param name="hidden">rows · width, with lengths; else null.</param>
    /// <param name="lengths">rows, or null.</param>
    /// <param name="y">2 · rows · width.</param>
    public void LstmCell(in CellShape shape, TensorRange part, TensorRange product, TensorRange cell, TensorRange? hidden, TensorRange? lengths, TensorRange y)
    {
        if (hidden is null != lengths is null) throw new ArgumentException("LstmCell: hidden state and lengths are given together or not at all.");
        using HeldCall call = Begin(
            Primitive.LstmCell,
            [new(part, shape.CountOf(4)), new(product, shape.CountOf(4)), new(cell, shape.Count), new(hidden, shape.Count), new(lengths, shape.Rows), new(y, shape.CountOf(2))]);
        LstmCellCore(shape, part, product, cell, hidden, lengths, y);
    }

    /// <summary>dx ← the gradient of what <paramref name="wanted"/> names, 4 · rows · width for gates, else rows · width, + beta·dx; dy is that of both results. The kept hidden state's reads lengths alone.</summary>
    public void LstmCellBackward(
        in CellShape shape, CellInput wanted, TensorRange? part, TensorRange? product, TensorRange? cell, TensorRange? lengths, TensorRange dy, TensorRange dx, float beta = 0)
    {
        bool isKept = wanted == CellInput.Hidden;
        if (isKept ? part is not null || lengths is null : part is null || product is null || cell is null) throw new ArgumentException($"LstmCellBackward: {(isKept ? "Hidden reads lengths and dy alone" : $"{wanted} reads part, product and cell")}.");
        using HeldCall call = Begin(
            Primitive.LstmCellBackward,
            [
                new(part, shape.CountOf(4)), new(product, shape.CountOf(4)), new(cell, shape.Count), new(lengths, shape.Rows), new(dy, shape.CountOf(2)),
                new(dx, shape.CountOf(wanted is CellInput.Part or CellInput.Product ? 4 : 1)),
            ],
            beta);
        LstmCellBackwardCore(shape, wanted, part, product, cell, lengths, dy, dx, beta);
    }

    /// <summary>y ← the next hidden state; see <see cref="GruOp{T, TMath}"/>.</summary>
    /// <param name="shape">Rows, width and the step's number.</param>
    /// <param name="part">What the inputs add to the gates, rows · 3 · width.</param>
    /// <param name="product">What the product with the hidden state adds to them.</param>
    /// <param name="hidden">rows · width.</param>
    /// <param name="lengths">rows, or null.</param>
    /// <param name="y">rows · width.</param>
    public void GruCell(in CellShape shape, TensorRange part, TensorRange product, TensorRange hidden, TensorRange? lengths, TensorRange y)
    {
        using HeldCall call = Begin(Primitive.GruCell, [new(part, shape.CountOf(3)), new(product, shape.CountOf(3)), new(hidden, shape.Count), new(lengths, shape.Rows), new(y, shape.Count)]);
        GruCellCore(shape, part, product, hidden, lengths, y);
    }

    /// <summary>dx ← the gradient of what <paramref name="wanted"/> names, 3 · rows · width for gates, else rows · width, + beta·dx. The hidden state's reads no hidden state.</summary>
    public void GruCellBackward(
        in CellShape shape, CellInput wanted, TensorRange part, TensorRange product, TensorRange? hidden, TensorRange? lengths, TensorRange dy, TensorRange dx, float beta = 0)
    {
        bool isState = wanted == CellInput.State;
        if (wanted == CellInput.Hidden || hidden is null != isState) throw new ArgumentException($"GruCellBackward: {wanted} {(wanted == CellInput.Hidden ? "is no input of a GRU" : isState ? "reads no hidden state" : "reads the hidden state")}.");
        using HeldCall call = Begin(
            Primitive.GruCellBackward,
            [new(part, shape.CountOf(3)), new(product, shape.CountOf(3)), new(hidden, shape.Count), new(lengths, shape.Rows), new(dy, shape.Count), new(dx, shape.CountOf(isState ? 1 : 3))],
            beta);
        GruCellBackwardCore(shape, wanted, part, product, hidden, lengths, dy, dx, beta);
    }

    /// <summary>See <see cref="LstmCell"/>.</summary>
    protected abstract void LstmCellCore(in CellShape shape, TensorRange part, TensorRange product, TensorRange cell, TensorRange? hidden, TensorRange? lengths, TensorRange y);

    /// <summary>See <see cref="LstmCellBackward"/>.</summary>
    protected abstract void LstmCellBackwardCore(in CellShape shape, CellInput wanted, TensorRange? part, TensorRange? product, TensorRange? cell, TensorRange? lengths, TensorRange dy, TensorRange dx, float beta);

    /// <summary>See <see cref="GruCell"/>.</summary>
    protected abstract void GruCellCore(in CellShape shape, TensorRange part, TensorRange product, TensorRange hidden, TensorRange? lengths, TensorRange y);

    /// <summary>See <see cref="GruCellBackward"/>.</summary>
    protected abstract void GruCellBackwardCore(in CellShape shape, CellInput wanted, TensorRange part, TensorRange product, TensorRange? hidden, TensorRange? lengths, TensorRange dy, TensorRange dx, float beta);
}
