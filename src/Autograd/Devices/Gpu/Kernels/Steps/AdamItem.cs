using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>An <see cref="AdamTarget"/> as a kernel argument; the bias corrections are worked out on the host in double.</summary>
internal struct AdamItem
{
    public ArrayView<float> W, G, M, V;
    public float Rate, WeightDecay, Correction1, Correction2;
}
