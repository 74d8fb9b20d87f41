using System.Numerics;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>Rows of the gradient of a GRU's step with respect to one of its inputs, lane by lane.</summary>
internal unsafe struct GruGradientWork : IRangeWork
{
    public CellShape Shape;
    public CellInput Wanted;
    public float* Part;
    public float* Product;
    public float* Hidden;
    public int* Lengths;
    public float* OutputGradient;
    public float* InputGradient;
    public float Beta;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int start, int end)
    {
        int width = Shape.Width;
        bool ofGates = Wanted != CellInput.State;
        for (int row = start; row < end; row++)
        {
            nint at = (nint)row * width;
            float* part = Part + (3 * at), product = Product + (3 * at), dy = OutputGradient + at, to = InputGradient + (ofGates ? 3 * at : at);
            bool ended = Lengths != null && Shape.Step >= Lengths[row];
            if (ended && ofGates) CpuDevice.AddConstant(0, Beta, to, 3 * width);
            else if (ended) CpuDevice.AddScaled(1, dy, Beta, to, width);
            else if (ofGates) Gates(part, product, Hidden + at, dy, to, width);
            else State(part, product, dy, to, width);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Gates(float* part, float* product, float* hidden, float* dy, float* to, int width)
    {
        for (int i = 0; i < width; i += Lanes.Count)
        {
            int count = Math.Min(Lanes.Count, width - i), last = (2 * width) + i;
            (Vector<float> dr, Vector<float> dz, Vector<float> dn, Vector<float> dproduct) = GruOp<float, CpuMath>.GateGradients(
                LstmWork.Sum(part, product, i, count), LstmWork.Sum(part, product, width + i, count), Lanes.Load(part + last, count), Lanes.Load(product + last, count), Lanes.Load(hidden + i, count), Lanes.Load(dy + i, count));
            Lanes.Accumulate(dr, to + i, count, Beta);
            Lanes.Accumulate(dz, to + width + i, count, Beta);
            Lanes.Accumulate(Wanted == CellInput.Part ? dn : dproduct, to + last, count, Beta);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void State(float* part, float* product, float* dy, float* to, int width)
    {
        for (int i = 0; i < width; i += Lanes.Count)
        {
            int count = Math.Min(Lanes.Count, width - i);
            Lanes.Accumulate(GruOp<float, CpuMath>.HiddenGradient(LstmWork.Sum(part, product, width + i, count), Lanes.Load(dy + i, count)), to + i, count, Beta);
        }
    }
}
