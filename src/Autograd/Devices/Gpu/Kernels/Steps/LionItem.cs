using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>A <see cref="LionTarget"/> as a kernel argument.</summary>
internal struct LionItem
{
    public ArrayView<float> W, G, M;
    public float Rate, WeightDecay, Beta1, Beta2;
}
