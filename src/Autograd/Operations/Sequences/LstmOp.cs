using System.Numerics;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>
/// A unit of an LSTM (Hochreiter and Schmidhuber 1997; forget gates: Gers et al. 2000) from its four gates before their functions: c' = σ(f)·c + σ(i)·tanh g, h' = σ(o)·tanh c'. The formula, once, for every device;
/// beside each the form that works lane by lane.
/// </summary>
public static class LstmOp<T, TMath>
    where T : unmanaged, INumber<T>
    where TMath : struct, IRealMath<T>
{
    /// <summary>Gates of a unit: i, f, g, o.</summary>
    public const int Gates = 4;

    /// <summary>The next hidden state and cell.</summary>
    public static (T Hidden, T Cell) Next(T i, T f, T g, T o, T cell)
    {
        T next = (Sigmoid(f) * cell) + (Sigmoid(i) * TMath.Tanh(g));
        return (Sigmoid(o) * TMath.Tanh(next), next);
    }

    /// <inheritdoc cref="Next(T, T, T, T, T)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector<T> Hidden, Vector<T> Cell) Next(Vector<T> i, Vector<T> f, Vector<T> g, Vector<T> o, Vector<T> cell)
    {
        Vector<T> next = (Sigmoid(f) * cell) + (Sigmoid(i) * TMath.Tanh(g));
        return (Sigmoid(o) * TMath.Tanh(next), next);
    }

    /// <summary>The gradients of the gates, from those of the next hidden state and cell.</summary>
    public static (T I, T F, T G, T O) GateGradients(T i, T f, T g, T o, T cell, T dhidden, T dcell)
    {
        T input = Sigmoid(i), forget = Sigmoid(f), candidate = TMath.Tanh(g), output = Sigmoid(o), tanh = TMath.Tanh((forget * cell) + (input * candidate));
        T through = dcell + (dhidden * output * (T.One - (tanh * tanh)));
        return (through * candidate * input * (T.One - input), through * cell * forget * (T.One - forget), through * input * (T.One - (candidate * candidate)), dhidden * tanh * output * (T.One - output));
    }

    /// <inheritdoc cref="GateGradients(T, T, T, T, T, T, T)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector<T> I, Vector<T> F, Vector<T> G, Vector<T> O) GateGradients(Vector<T> i, Vector<T> f, Vector<T> g, Vector<T> o, Vector<T> cell, Vector<T> dhidden, Vector<T> dcell)
    {
        Vector<T> one = Vector<T>.One, input = Sigmoid(i), forget = Sigmoid(f), candidate = TMath.Tanh(g), output = Sigmoid(o), tanh = TMath.Tanh((forget * cell) + (input * candidate));
        Vector<T> through = dcell + (dhidden * output * (one - (tanh * tanh)));
        return (through * candidate * input * (one - input), through * cell * forget * (one - forget), through * input * (one - (candidate * candidate)), dhidden * tanh * output * (one - output));
    }

    /// <summary>The gradient of the cell that the step began with.</summary>
    public static T CellGradient(T i, T f, T g, T o, T cell, T dhidden, T dcell)
    {
        T forget = Sigmoid(f), tanh = TMath.Tanh((forget * cell) + (Sigmoid(i) * TMath.Tanh(g)));
        return (dcell + (dhidden * Sigmoid(o) * (T.One - (tanh * tanh)))) * forget;
    }

    /// <inheritdoc cref="CellGradient(T, T, T, T, T, T, T)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> CellGradient(Vector<T> i, Vector<T> f, Vector<T> g, Vector<T> o, Vector<T> cell, Vector<T> dhidden, Vector<T> dcell)
    {
        Vector<T> forget = Sigmoid(f), tanh = TMath.Tanh((forget * cell) + (Sigmoid(i) * TMath.Tanh(g)));
        return (dcell + (dhidden * Sigmoid(o) * (Vector<T>.One - (tanh * tanh)))) * forget;
    }

    private static T Sigmoid(T x) => default(SigmoidOp<T, TMath>).Apply(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<T> Sigmoid(Vector<T> x) => default(SigmoidOp<T, TMath>).Apply(x);
}
