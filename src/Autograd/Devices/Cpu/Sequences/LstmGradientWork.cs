using System.Numerics;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>Rows of the gradient of an LSTM's step with respect to one of its inputs, lane by lane.</summary>
internal unsafe struct LstmGradientWork : IRangeWork
{
    public CellShape Shape;
    public CellInput Wanted;
    public float* Part;
    public float* Product;
    public float* Cell;
    public int* Lengths;
    public float* OutputGradient;
    public float* InputGradient;
    public float Beta;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int start, int end)
    {
        int width = Shape.Width;
        bool ofGates = Wanted is CellInput.Part or CellInput.Product;
        for (int row = start; row < end; row++)
        {
            nint at = (nint)row * width;
            float* dhidden = OutputGradient + at, dcell = OutputGradient + Shape.Count + at, to = InputGradient + (ofGates ? 4 * at : at);
            bool ended = Lengths != null && Shape.Step >= Lengths[row];
            if (ended && !ofGates) CpuDevice.AddScaled(1, Wanted == CellInput.Hidden ? dhidden : dcell, Beta, to, width);
            else if (ended || Wanted == CellInput.Hidden) CpuDevice.AddConstant(0, Beta, to, ofGates ? 4 * width : width);
            else if (ofGates) Gates(Part + (4 * at), Product + (4 * at), Cell + at, dhidden, dcell, to, width);
            else State(Part + (4 * at), Product + (4 * at), Cell + at, dhidden, dcell, to, width);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Gates(float* part, float* product, float* cell, float* dhidden, float* dcell, float* to, int width)
    {
        for (int i = 0; i < width; i += Lanes.Count)
        {
            int count = Math.Min(Lanes.Count, width - i);
            (Vector<float> di, Vector<float> df, Vector<float> dg, Vector<float> dout) = LstmOp<float, CpuMath>.GateGradients(
                LstmWork.Sum(part, product, i, count), LstmWork.Sum(part, product, width + i, count), LstmWork.Sum(part, product, (2 * width) + i, count), LstmWork.Sum(part, product, (3 * width) + i, count),
                Lanes.Load(cell + i, count), Lanes.Load(dhidden + i, count), Lanes.Load(dcell + i, count));
            Lanes.Accumulate(di, to + i, count, Beta);
            Lanes.Accumulate(df, to + width + i, count, Beta);
            Lanes.Accumulate(dg, to + (2 * width) + i, count, Beta);
            Lanes.Accumulate(dout, to + (3 * width) + i, count, Beta);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void State(float* part, float* product, float* cell, float* dhidden, float* dcell, float* to, int width)
    {
        for (int i = 0; i < width; i += Lanes.Count)
        {
            int count = Math.Min(Lanes.Count, width - i);
            Vector<float> gradient = LstmOp<float, CpuMath>.CellGradient(
                LstmWork.Sum(part, product, i, count), LstmWork.Sum(part, product, width + i, count), LstmWork.Sum(part, product, (2 * width) + i, count), LstmWork.Sum(part, product, (3 * width) + i, count),
                Lanes.Load(cell + i, count), Lanes.Load(dhidden + i, count), Lanes.Load(dcell + i, count));
            Lanes.Accumulate(gradient, to + i, count, Beta);
        }
    }
}
