using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests;

/// <summary>The devices that tests run on.</summary>
internal static class TestDevices
{
    /// <summary>The environment's variable for <see cref="Cases"/>.</summary>
    public const string CasesVariable = "RESEARCHFREEZE_CASES";

    /// <summary>How many cases an operation is verified on: 20, or what the environment asks for (200 in .ci/run).</summary>
    public static int Cases { get; } = int.TryParse(Environment.GetEnvironmentVariable(CasesVariable), out int cases) ? cases : 20;

    /// <summary>Whether tests run their long forms, which scripts/nightly.sh does.</summary>
    public static bool IsLong { get; } = Environment.GetEnvironmentVariable("RESEARCHFREEZE_LONG") == "1";

    /// <summary>How many sets of wanted gradients each of those cases is verified with: all of them, or two drawn ones where so many cases are drawn that every set has its turn.</summary>
    public static int Masks { get; } = IsLong || Cases <= 20 ? int.MaxValue : 2;

    /// <summary>The seed of drawn cases; named in every failure.</summary>
    public static ulong Seed { get; } = ulong.TryParse(Environment.GetEnvironmentVariable("RESEARCHFREEZE_SEED"), out ulong seed) ? seed : 42;

    /// <summary>The devices that are always there: the reference and the CPU.</summary>
    public static IReadOnlyList<Func<Device>> All { get; } = [() => new ReferenceDevice(), () => new CpuDevice(2)];

    /// <summary>Runs a test on each of them. OpenCL's classes call the same test with the device of <see cref="Autograd.GpuFixture"/>.</summary>
    public static void Each(Action<Device> test)
    {
        foreach (Func<Device> make in All)
        {
            using Device device = make();
            test(device);
        }
    }
}
