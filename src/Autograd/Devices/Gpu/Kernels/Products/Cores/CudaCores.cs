using ILGPU;
using ILGPU.Runtime.Cuda;

namespace ResearchFreeze.Autograd;

/// <summary>TF32 by a card's <c>mma.sync</c>, of compute capability 8.0 and later. Addresses are bytes from the beginning of shared memory.</summary>
internal readonly struct CudaTf32 : IMatrixCore
{
    public static int Packed => 1;

    public static int Word => 4;

    public static ArrayView<uint> Space(int words) => SharedMemory.GetDynamic<uint>();

    public static void Begin() => CudaAsm.Emit(CorePtx.Begin);

    public static void PutDepth(ArrayView<uint> space, int address, Four first, Four second) => CudaAsm.Emit(CorePtx.Tf32PutDepth, address, first.X, first.Y, first.Z, first.W);

    public static void PutLines(ArrayView<uint> space, int address, Four first, Four second) => CudaAsm.Emit(CorePtx.Tf32PutLines, address, first.X, first.Y, first.Z, first.W);

    public static Results Step(Results sums, ArrayView<uint> space, int a, int b, bool isTall)
    {
        if (isTall) CudaAsm.Emit(CorePtx.Tf32Tall, a, b);
        else CudaAsm.Emit(CorePtx.Tf32Short, a, b);
        return sums;
    }

    public static void PutSums(Results sums, ArrayView<uint> space, int block, int address) => CudaSums.Put(block, address);
}

/// <summary>bfloat16 by a card's <c>mma.sync</c>.</summary>
internal readonly struct CudaBFloat16 : IMatrixCore
{
    public static int Packed => 2;

    public static int Word => 4;

    public static ArrayView<uint> Space(int words) => SharedMemory.GetDynamic<uint>();

    public static void Begin() => CudaAsm.Emit(CorePtx.Begin);

    public static void PutDepth(ArrayView<uint> space, int address, Four first, Four second) =>
        CudaAsm.Emit(CorePtx.BFloat16PutDepth, address, first.X, first.Y, first.Z, first.W, second.X, second.Y, second.Z, second.W);

    public static void PutLines(ArrayView<uint> space, int address, Four first, Four second) =>
        CudaAsm.Emit(CorePtx.BFloat16PutLines, address, first.X, first.Y, first.Z, first.W, second.X, second.Y, second.Z, second.W);

    public static Results Step(Results sums, ArrayView<uint> space, int a, int b, bool isTall)
    {
        if (isTall) CudaAsm.Emit(CorePtx.BFloat16Tall, a, b);
        else CudaAsm.Emit(CorePtx.BFloat16Short, a, b);
        return sums;
    }

    public static void PutSums(Results sums, ArrayView<uint> space, int block, int address) => CudaSums.Put(block, address);
}

/// <summary>The sums of both.</summary>
internal static class CudaSums
{
    public static void Put(int block, int address)
    {
        // The blocks' registers have names of their own, so that each has its text.
        if (block == 0) CudaAsm.Emit(CorePtx.PutSums0, address);
        else if (block == 1) CudaAsm.Emit(CorePtx.PutSums1, address);
        else if (block == 2) CudaAsm.Emit(CorePtx.PutSums2, address);
        else CudaAsm.Emit(CorePtx.PutSums3, address);
    }
}
