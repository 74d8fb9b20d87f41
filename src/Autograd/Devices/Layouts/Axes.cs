using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>Six integers without a heap part.</summary>
[InlineArray(Shape.MaxRank)]
internal struct Axes
{
    private int first;
}
