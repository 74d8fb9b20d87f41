namespace ResearchFreeze.Autograd;

/// <summary>
/// One step of a GRU but for its products, as <see cref="GruOp{T, TMath}"/>: inputs' part (n, 3·width), product (n, 3·width), hidden state (n, width) and, where sequences may end early, lengths (n). The result (n, width) is the next
/// hidden state. The gates' gradients keep part, product and hidden state; the state's keeps part and product; of sequences that have ended the state is passed on.
/// </summary>
/// <param name="step">The step's number, for lengths.</param>
public sealed class GruCellFunction(int step) : Function
{
    private const int Part = 0, Product = 1, State = 2, Lengths = 3;

    /// <inheritdoc/>
    public override string Name => "gru cell";

    /// <inheritdoc/>
    public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs)
    {
        CellShape shape = CellShapes.Of(Name, step, 3, inputs);
        Tensor y = context.Result(inputs[State].Shape);
        context.Device.GruCell(shape, inputs[Part].Range, inputs[Product].Range, inputs[State].Range, inputs.Length > Lengths ? inputs[Lengths].Range : null, y.Range);
        InputSet all = InputSet.Of(Part, Product, State), gates = InputSet.Of(Part, Product);
        context.Save(Part, inputs[Part], all);
        context.Save(Product, inputs[Product], all);
        context.Save(State, inputs[State], gates);
        if (inputs.Length > Lengths) context.Save(Lengths, inputs[Lengths], all);
        return y;
    }

    /// <inheritdoc/>
    public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx)
    {
        TensorRange to = dx.Open(out float beta);
        TensorRange? state = (CellInput)input == CellInput.State ? null : context.Saved(State).Range, lengths = context.Inputs > Lengths ? context.Saved(Lengths).Range : null;
        context.Device.GruCellBackward(new CellShape(dy.Shape[0], dy.Shape[1], step), (CellInput)input, context.Saved(Part).Range, context.Saved(Product).Range, state, lengths, dy.Range, to, beta);
    }
}

public sealed partial class Tensor
{
    /// <summary>
    /// One step of a GRU from what its inputs add to the gates (n, 3·width; gates r, z, n): the next hidden state (n, width), n = tanh(inputs' part + r·product's), h' = (1 − z)·n + z·h. One launch, and one backward for each wanted
    /// gradient. With lengths a sequence of at most <paramref name="step"/> steps keeps its state.
    /// </summary>
    /// <param name="product">What the product with the hidden state adds to the gates (n, 3·width).</param>
    /// <param name="hidden">The hidden state (n, width).</param>
    /// <param name="lengths">Steps of each sequence (n); null: none ends.</param>
    /// <param name="step">The step's number, from 0.</param>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public Tensor GruCell(Tensor product, Tensor hidden, IntTensor? lengths = null, int step = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        return new GruCellFunction(step).Apply(lengths is null ? [this, product, hidden] : [this, product, hidden, lengths]);
    }
}
