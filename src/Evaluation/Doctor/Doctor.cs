using System.Diagnostics;
using System.Runtime.InteropServices;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.Evaluation;

/// <summary>
/// Checks a device on the machine that it is in: every primitive and operation against the float64 reference, networks against the reference and the CPU, frozen weights, repeatability; and
/// measures what launches, copies, products and convolutions cost. What fails or throws in one check is that check's result, and the rest goes on.
/// </summary>
public static class Doctor
{
    private const int OperationCases = 2;
    private const ulong Seed = 42;

    /// <summary>Runs everything.</summary>
    /// <param name="device">The device under test.</param>
    /// <param name="sizes">Which cases of the primitives; null: the usual ones.</param>
    public static DoctorReport Run(Device device, CaseSizes? sizes = null)
    {
        ArgumentNullException.ThrowIfNull(device);
        long start = Stopwatch.GetTimestamp();
        DoctorEnvironment environment = EnvironmentOf(device);
        DoctorCheck[] primitives = [.. EveryPrimitive(device, sizes ?? CaseSizes.Usual)];
        DoctorCheck[] operations = [.. OperationSpecs.All.Select(spec => new DoctorCheck("operations", Operation(spec, device)))];
        DoctorCheck[] networks = [.. new NetworkChecks(device).Run().Select(result => new DoctorCheck("networks", result))];
        // Compiled once, at its first call: the difference is what compiling cost.
        double first = primitives.Sum(check => check.Result.Seconds), again = primitives.Sum(check => check.Result.SecondsAgain ?? 0);
        DoctorRate[] rates =
        [
            new("primitives, first time (kernels are compiled)", first, "s", null, null), new("primitives, again", again, "s", null, null), .. new DoctorRates(device, environment.Facts).Measure(),
        ];
        return new DoctorReport(environment, [.. primitives, .. operations, .. networks], rates, Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    private static IEnumerable<DoctorCheck> EveryPrimitive(Device device, CaseSizes sizes)
    {
        // Tiles are those of the GPU's product kernel: elsewhere they are only large, and the reference takes seconds for them.
        sizes = sizes with { HasTiles = sizes.HasTiles && !device.IsSynchronous };
        foreach (PrimitiveDescription description in Primitives.All) yield return new DoctorCheck("primitives", new PrimitiveCheck(description.Primitive, sizes).Run(device));
    }

    private static CheckResult Operation(OperationSpec spec, Device device) => CheckResult.Of(spec.Name, () =>
    {
        spec.Verify([device], OperationCases, Seed);
        return (OperationCases, null, null);
    });

    private static DoctorEnvironment EnvironmentOf(Device device) => new()
    {
        Version = typeof(Doctor).Assembly.GetName().Version!.ToString(3),
        Runtime = RuntimeInformation.FrameworkDescription,
        System = $"{RuntimeInformation.OSDescription}, {RuntimeInformation.OSArchitecture}",
        Processors = Environment.ProcessorCount,
        Simd = CpuDevice.Best.ToString(),
        Device = device.Name,
        Description = device.Description,
        Precision = Precisions.NameOf(device.Precision),
        Facts = DeviceFacts.Of(device),
        Auto = Devices.Picked(),
        Devices = Devices.List(),
    };
}
