namespace ResearchFreeze.Autograd;

/// <summary>
/// Mean cross entropy of logits (rows, classes) against labels (rows), from the logits directly: ℓ = log Σ eˣ − x[label]. The gradient is softmax − target, from the logits and each
/// row's log-sum-exp. Inputs: logits, labels, optionally class weights, which are constants.
/// </summary>
public sealed class CrossEntropyFunction(float smoothing, int ignoreIndex) : Function
{
    private const int Logits = 0, Labels = 1, Weights = 2, RowState = 3;

    /// <inheritdoc/>
    public override string Name => "cross entropy";

    /// <inheritdoc/>
    public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs)
    {
        Shape x = inputs[0].Shape;
        if (x.Rank != 2 || x[1] == 0) throw new ShapeException($"cross entropy: needs logits (rows, classes), found {x}.");
        if (inputs[1].Shape != new Shape(x[0])) throw new ShapeException($"cross entropy: logits {x} need {x[0]} labels, found {inputs[1].Shape}.");
        LossOperands.RequireElements(Name, x);
        if (inputs.Length > 2) ConstantInput.Require(Name, "classWeights", inputs[2]);
        if (inputs.Length > 2 && inputs[2].Shape != new Shape(x[1])) throw new ShapeException($"cross entropy: logits {x} need {x[1]} class weights, found {inputs[2].Shape}.");
        (inputs[1] as IntTensor)?.CheckBelow(x[1], Name, "label", ignoreIndex);
        Tensor loss = context.Result(Shape.Scalar);
        TensorRange? rowState = context.TryReserve(RowState, [x[0] + 1], InputSet.Of(0));
        TensorRange? weights = inputs.Length > 2 ? inputs[2].Range : null;
        context.Device.CrossEntropy(ShapeOf(x), inputs[0].Range, inputs[1].Range, weights, loss.Range, rowState);
        context.Save(Logits, inputs[0], InputSet.Of(0), isExact: true);
        context.Save(Labels, inputs[1], InputSet.Of(0));
        if (inputs.Length > 2) context.Save(Weights, inputs[2], InputSet.Of(0));
        return loss;
    }

    /// <inheritdoc/>
    public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx)
    {
        TensorRange? weights = context.Inputs > 2 ? context.Saved(Weights).Range : null;
        TensorRange to = dx.Open(out float beta);
        context.Device.CrossEntropyBackward(
            ShapeOf(dx.Shape), context.Saved(Logits).Range, context.Saved(Labels).Range, weights, context.Saved(RowState).Range, dy.Range, to, beta);
    }

    private CrossEntropyShape ShapeOf(Shape logits) => new(logits[0], logits[1], smoothing, ignoreIndex);
}

public sealed partial class Tensor
{
    /// <summary>The label that counts nothing where none is named.</summary>
    public const int DefaultIgnoreIndex = -100;

    private static readonly CrossEntropyFunction CrossEntropyInstance = new(0, DefaultIgnoreIndex);

    /// <summary>Mean cross entropy of these logits (rows, classes) against labels (rows), as PyTorch defines it.</summary>
    /// <param name="labels">One class a row; <paramref name="ignoreIndex"/> counts nothing. Another label outside the classes is an error, or makes the loss NaN where it was written on the device.</param>
    /// <param name="classWeights">A weight for each class, or null.</param>
    /// <param name="smoothing">ε in [0, 1): the target becomes (1−ε)·onehot + ε/classes.</param>
    /// <param name="ignoreIndex">The label of rows that do not count.</param>
    /// <exception cref="ShapeException">The shapes do not fit, or there are no rows.</exception>
    /// <exception cref="ArgumentException">A gradient of the class weights is wanted.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A label is none of the classes; the message has it and its row.</exception>
    public Tensor CrossEntropy(IntTensor labels, Tensor? classWeights = null, double smoothing = 0, int ignoreIndex = DefaultIgnoreIndex)
    {
        if (smoothing is not (>= 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(smoothing), $"cross entropy: smoothing must be in [0, 1), found {smoothing}.");
        CrossEntropyFunction function = smoothing == 0 && ignoreIndex == DefaultIgnoreIndex ? CrossEntropyInstance : new((float)smoothing, ignoreIndex);
        return classWeights is null ? function.Apply([this, labels]) : function.Apply([this, labels, classWeights]);
    }
}
