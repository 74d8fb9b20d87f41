using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>x: no activation, where loops are made for each.</summary>
internal readonly struct IdentityOp : IMapOp<float>
{
    public float Apply(float x) => x;

    public float Derivative(float x, float y) => 1;

    public Vector<float> Apply(Vector<float> x) => x;

    public Vector<float> Derivative(Vector<float> x, Vector<float> y) => Vector<float>.One;
}
