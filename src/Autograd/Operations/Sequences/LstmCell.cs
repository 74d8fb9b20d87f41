namespace ResearchFreeze.Autograd;

/// <summary>
/// One step of an LSTM but for its products, as <see cref="LstmOp{T, TMath}"/>: inputs' part (n, 4·width), product (n, 4·width), cell (n, width) and, where sequences may end early, hidden state (n, width) and lengths (n). The result
/// (2, n, width) is the next hidden state and the next cell. The gates' gradients keep part, product and cell, as the cell's does; of sequences that have ended the state is passed on.
/// </summary>
/// <param name="step">The step's number, for lengths.</param>
public sealed class LstmCellFunction(int step) : Function
{
    private const int Part = 0, Product = 1, Cell = 2, Lengths = 4;

    /// <inheritdoc/>
    public override string Name => "lstm cell";

    /// <inheritdoc/>
    public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs)
    {
        CellShape shape = CellShapes.Of(Name, step, 4, inputs);
        Tensor y = context.Result([2, shape.Rows, shape.Width]);
        bool mayEnd = inputs.Length > Lengths;
        context.Device.LstmCell(shape, inputs[Part].Range, inputs[Product].Range, inputs[Cell].Range, mayEnd ? inputs[3].Range : null, mayEnd ? inputs[Lengths].Range : null, y.Range);
        InputSet users = InputSet.Of(Part, Product, Cell);
        context.Save(Part, inputs[Part], users);
        context.Save(Product, inputs[Product], users);
        context.Save(Cell, inputs[Cell], users);
        if (mayEnd) context.Save(Lengths, inputs[Lengths], InputSet.Of(Part, Product, Cell, 3));
        return y;
    }

    /// <inheritdoc/>
    public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx)
    {
        TensorRange to = dx.Open(out float beta);
        var shape = new CellShape(dy.Shape[1], dy.Shape[2], step);
        TensorRange? lengths = context.Inputs > Lengths ? context.Saved(Lengths).Range : null;
        if ((CellInput)input == CellInput.Hidden) context.Device.LstmCellBackward(shape, CellInput.Hidden, null, null, null, lengths, dy.Range, to, beta);
        else context.Device.LstmCellBackward(shape, (CellInput)input, context.Saved(Part).Range, context.Saved(Product).Range, context.Saved(Cell).Range, lengths, dy.Range, to, beta);
    }
}

public sealed partial class Tensor
{
    /// <summary>
    /// One step of an LSTM from what its inputs add to the gates (n, 4·width; gates i, f, g, o): (2, n, width), the next hidden state h' = σ(o)·tanh c' and the next cell c' = σ(f)·c + σ(i)·tanh g. One launch, and one backward for each
    /// wanted gradient. With lengths a sequence of at most <paramref name="step"/> steps keeps its state.
    /// </summary>
    /// <param name="product">What the product with the hidden state adds to the gates (n, 4·width).</param>
    /// <param name="cell">The cell (n, width).</param>
    /// <param name="hidden">The hidden state (n, width), which with lengths may be kept; without them it has no effect and is null.</param>
    /// <param name="lengths">Steps of each sequence (n); null: none ends.</param>
    /// <param name="step">The step's number, from 0.</param>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    /// <exception cref="ArgumentException">Of hidden state and lengths one is missing.</exception>
    public Tensor LstmCell(Tensor product, Tensor cell, Tensor? hidden = null, IntTensor? lengths = null, int step = 0)
    {
        if (hidden is null != lengths is null) throw new ArgumentException("lstm cell: lengths need the hidden state that may be kept, and it has no effect without them.");
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        return new LstmCellFunction(step).Apply(lengths is null ? [this, product, cell] : [this, product, cell, hidden!, lengths]);
    }
}
