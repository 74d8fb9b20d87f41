using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>The CPU's transcendental functions in float32.</summary>
public readonly struct CpuMath : IRealMath<float>
{
    /// <inheritdoc/>
    public static float Exp(float x) => MathF.Exp(x);

    /// <inheritdoc/>
    public static float Log(float x) => MathF.Log(x);

    /// <inheritdoc/>
    public static float Tanh(float x) => MathF.Tanh(x);

    /// <inheritdoc/>
    public static float Sqrt(float x) => MathF.Sqrt(x);

    /// <inheritdoc/>
    public static Vector<float> Exp(Vector<float> x) => Vector.Exp(x);

    /// <inheritdoc/>
    public static Vector<float> Log(Vector<float> x) => Vector.Log(x);

    /// <inheritdoc/>
    public static Vector<float> Tanh(Vector<float> x) => x;
}
