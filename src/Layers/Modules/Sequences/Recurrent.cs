using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>
/// A recurrent layer over sequences (n, steps, inputs). What the inputs add to the gates is one product for all steps; each step then has one with the hidden state. Sequences may end early: behind its end a sequence's
/// state stays, and its outputs are 0.
/// </summary>
public abstract class Recurrent : Module<Tensor, RecurrentState>
{
    private readonly int gates;

    private protected Recurrent(int inputs, int hidden, int gates)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(inputs);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(hidden);
        this.gates = gates;
        (Inputs, Width) = (inputs, hidden);
        // PyTorch's: uniform within ±1/√hidden, biases too.
        double bound = 1 / Math.Sqrt(hidden);
        Initializer start = (random, _, values) =>
        {
            for (int i = 0; i < values.Length; i++) values[i] = (float)(((2 * random.NextDouble()) - 1) * bound);
        };
        InputWeight = Register(nameof(InputWeight), [gates * hidden, inputs], start);
        HiddenWeight = Register(nameof(HiddenWeight), [gates * hidden, hidden], start);
        InputBias = Register(nameof(InputBias), [gates * hidden], start);
        HiddenBias = Register(nameof(HiddenBias), [gates * hidden], start);
    }

    /// <summary>Width of the inputs.</summary>
    public int Inputs { get; }

    /// <summary>Width of the hidden state.</summary>
    public int Width { get; }

    /// <summary>What the inputs are multiplied with (gates · hidden, inputs).</summary>
    public Parameter InputWeight { get; }

    /// <summary>What the hidden state is multiplied with (gates · hidden, hidden).</summary>
    public Parameter HiddenWeight { get; }

    /// <summary>Added to the inputs' part (gates · hidden).</summary>
    public Parameter InputBias { get; }

    /// <summary>Added to the hidden state's part (gates · hidden).</summary>
    public Parameter HiddenBias { get; }

    /// <summary>All steps from a state of zeros.</summary>
    public override RecurrentState Forward(Tensor input) => Forward(input, null);

    /// <summary>All steps.</summary>
    /// <param name="input">Sequences (n, steps, inputs).</param>
    /// <param name="start">Where they start; null: at 0.</param>
    /// <param name="lengths">Steps of each sequence (n), 0 to all; null: all.</param>
    /// <exception cref="ShapeException">The shapes do not fit, or there are no steps.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A length is negative or more than the steps.</exception>
    public RecurrentState Forward(Tensor input, RecurrentState? start, IntTensor? lengths = null)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input.Shape.Rank != 3 || input.Shape[2] != Inputs || input.Shape[1] == 0) throw new ShapeException($"'{Path}': needs sequences (n, steps, {Inputs}), found {input.Shape}.");
        (int n, int steps) = (input.Shape[0], input.Shape[1]);
        if (lengths is not null && lengths.Shape != new Shape(n)) throw new ShapeException($"'{Path}': {n} sequences need {n} lengths, found {lengths.Shape}.");
        Tensor hidden = start?.Hidden ?? Tensor.Zeros(input.Device, [n, Width]);
        Tensor? cell = HasCell ? start?.Cell ?? Tensor.Zeros(input.Device, [n, Width]) : null;
        if (hidden.Shape != new Shape(n, Width) || (cell is not null && cell.Shape != hidden.Shape)) throw new ShapeException($"'{Path}': the start of {n} sequences has shape ({n}, {Width}), found {hidden.Shape}.");
        // (steps, n, …), so that a step is a slice that shares memory.
        Tensor parts = input.Permute(1, 0, 2).Linear(InputWeight.Value, InputBias.Value);
        // Before the steps, since it finds lengths that cannot be.
        Tensor? isThere = lengths is null ? null : IsThere(lengths, n, steps);
        var outputs = new List<Tensor>(steps);
        for (int step = 0; step < steps; step++)
        {
            (hidden, cell) = Step(parts.Slice(0, step, step + 1).Reshape(n, gates * Width), hidden, cell, lengths, step);
            outputs.Add(hidden);
        }
        Tensor all = Joined(outputs);
        return new RecurrentState(isThere is null ? all : all.Where(isThere, Tensor.Zeros(input.Device, Shape.Scalar)), hidden, cell);
    }

    private protected abstract bool HasCell { get; }

    /// <summary>One step: from the inputs' part of the gates (n, gates · hidden) and the state to the next one, which is the same where a sequence has ended. All but the product is one launch.</summary>
    private protected abstract (Tensor Hidden, Tensor? Cell) Step(Tensor part, Tensor hidden, Tensor? cell, IntTensor? lengths, int step);

    /// <summary>1 where a sequence has a step, else 0 (n, steps, 1).</summary>
    private Tensor IsThere(IntTensor lengths, int n, int steps)
    {
        // One place more than steps, for a length of all of them; from the end on, the sum of the places so far is 1.
        Tensor ended = lengths.OneHot(steps + 1, Path, "length", null).CumulativeSum(1);
        return (1 - ended.Slice(1, 0, steps)).Reshape(n, steps, 1);
    }

    /// <summary>All steps as (n, steps, hidden), joined in groups: an operation takes so many tensors at most.</summary>
    private static Tensor Joined(List<Tensor> outputs)
    {
        List<Tensor> parts = [.. outputs.Select(output => output.Unsqueeze(1))];
        while (parts.Count > 1) parts = [.. parts.Chunk(InputSet.Most).Select(chunk => Tensor.Concatenate(1, chunk))];
        return parts[0];
    }
}
