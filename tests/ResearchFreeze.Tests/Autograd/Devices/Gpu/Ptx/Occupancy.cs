using ILGPU.Runtime.Cuda;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>
/// What one multiprocessor of an architecture has, by the CUDA C++ Programming Guide, "Compute Capabilities", table "Technical Specifications per Compute Capability"; the granularities are those of NVIDIA's
/// occupancy calculator, and the kilobyte that the driver keeps of every group's shared memory is from the guide's "Shared Memory" of compute capability 8.x and 9.0.
/// </summary>
internal sealed record CudaTarget(string Name, CudaArchitecture Architecture, CudaInstructionSet InstructionSet, int SharedBytes)
{
    private const int Lanes = 32, Registers = 65536, Warps = 2048 / Lanes, Groups = 32, RegistersAtOnce = 256, WarpsAtOnce = 4, SharedAtOnce = 128, SharedReserved = 1024;

    /// <summary>The A100 (8.0), and the H100 (9.0), which PTX before 7.8 does not know.</summary>
    public static IReadOnlyList<CudaTarget> All { get; } = [new("sm_80", CudaArchitecture.SM_80, CudaInstructionSet.ISA_70, 164 << 10), new("sm_90", CudaArchitecture.SM_90, CudaInstructionSet.ISA_78, 228 << 10)];

    /// <summary>The share of a multiprocessor's warps that a kernel can fill; 0 if not even one group fits.</summary>
    public double Occupancy(int registers, int sharedBytes, int threads)
    {
        int warps = (threads + Lanes - 1) / Lanes;
        int byRegisters = Registers / Up(Math.Max(registers, 1) * Lanes, RegistersAtOnce) / WarpsAtOnce * WarpsAtOnce / warps;
        int byShared = SharedBytes / Up(sharedBytes + SharedReserved, SharedAtOnce);
        return (double)(Math.Min(Math.Min(byRegisters, byShared), Math.Min(Warps / warps, Groups)) * warps) / Warps;
    }

    private static int Up(int value, int granularity) => (value + granularity - 1) / granularity * granularity;
}
