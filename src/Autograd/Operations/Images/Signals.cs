namespace ResearchFreeze.Autograd;

// Signals (n, length, channels) are images of one row.
public sealed partial class Tensor
{
    /// <summary>activation(this ∗ W + b) for signals (n, length, in); W is (out, kernel, in / groups), b (out) or null; see <see cref="Conv2d"/>.</summary>
    /// <param name="weight">The weights.</param>
    /// <param name="bias">One element an output, or null.</param>
    /// <param name="stride">Elements from one output to the next.</param>
    /// <param name="padding">Zeros before and behind, or null for <see cref="Padding2.Same"/>.</param>
    /// <param name="dilation">Elements from one of the kernel to the next.</param>
    /// <param name="groups">Groups of channels that do not see one another.</param>
    /// <param name="activation">Applied to the result.</param>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public Tensor Conv1d(Tensor weight, Tensor? bias = null, int stride = 1, int? padding = 0, int dilation = 1, int groups = 1, Activation activation = Activation.None)
    {
        ArgumentNullException.ThrowIfNull(weight);
        RequireSignal("conv1d");
        if (weight.Shape.Rank != 3) throw new ShapeException($"conv1d: needs weights (out, kernel, in / groups), found {weight.Shape}.");
        return AsRow().Conv2d(weight.Unsqueeze(1), bias, new Size2(1, stride), AlongRow(padding), new Size2(1, dilation), groups, activation).FromRow();
    }

    /// <summary>The transposed convolution of signals (n, length, in) with weights (in, kernel, out / groups); see <see cref="ConvTranspose2d"/>.</summary>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public Tensor ConvTranspose1d(Tensor weight, Tensor? bias = null, int stride = 1, int padding = 0, int outputPadding = 0, int dilation = 1, int groups = 1)
    {
        ArgumentNullException.ThrowIfNull(weight);
        RequireSignal("conv transpose1d");
        if (weight.Shape.Rank != 3) throw new ShapeException($"conv transpose1d: needs weights (in, kernel, out / groups), found {weight.Shape}.");
        return AsRow().ConvTranspose2d(weight.Unsqueeze(1), bias, new Size2(1, stride), new Size2(0, padding), new Size2(0, outputPadding), new Size2(1, dilation), groups).FromRow();
    }

    /// <summary>The largest element of each window of signals (n, length, channels); see <see cref="MaxPool2d"/>.</summary>
    /// <exception cref="ShapeException">Nothing would come out, or the padding is more than half of the kernel.</exception>
    public Tensor MaxPool1d(int kernel, int? stride = null, int padding = 0, int dilation = 1, bool ceil = false)
    {
        RequireSignal("max pool");
        return AsRow().MaxPool2d(new Size2(1, kernel), new Size2(1, stride ?? kernel), new Size2(0, padding), new Size2(1, dilation), ceil).FromRow();
    }

    /// <summary>The mean of each window of signals (n, length, channels); see <see cref="AveragePool2d"/>.</summary>
    /// <exception cref="ShapeException">Nothing would come out, or the padding is more than half of the kernel.</exception>
    public Tensor AveragePool1d(int kernel, int? stride = null, int padding = 0, bool ceil = false, bool countPadding = true)
    {
        RequireSignal("average pool");
        return AsRow().AveragePool2d(new Size2(1, kernel), new Size2(1, stride ?? kernel), new Size2(0, padding), ceil, countPadding).FromRow();
    }

    private static Padding2 AlongRow(int? padding) => padding is { } both ? new Size2(0, both) : Padding2.Same;

    private Tensor AsRow() => Unsqueeze(1);

    private Tensor FromRow() => Squeeze(1);

    private void RequireSignal(string operation)
    {
        if (Shape.Rank != 3) throw new ShapeException($"{operation}: needs signals (n, length, channels), found {Shape}.");
    }
}
