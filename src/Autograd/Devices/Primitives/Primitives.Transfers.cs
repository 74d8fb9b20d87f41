namespace ResearchFreeze.Autograd;

// Between host and device, and from range to range: the driver's copies, no kernels.
public static partial class Primitives
{
    // Not a bit may change.
    private const double Exact = 1e-15;

    private static IReadOnlyList<PrimitiveDescription> Transfers =>
    [
        new(Primitive.Upload, Any(Writes("y")))
        {
            Kernels = [],
            Tolerance = Exact,
            Cases = b =>
            {
                foreach (int length in ElementwiseCases.TransferLengths)
                {
                    b.Device.Upload([.. Enumerable.Range(0, length).Select(i => i / 4f)], b.Output(length));
                    b.Device.Upload([.. Enumerable.Range(-3, length)], b.Integers(new int[length]));
                    b.Device.Upload([.. Enumerable.Range(0, length).Select(i => i / 4.0)], b.Output(length));
                }
                UploadWhereWorkReads(b);
            },
        },
        new(Primitive.Download, Any(Reads("x")))
        {
            Kernels = [],
            Tolerance = Exact,
            Cases = b =>
            {
                foreach (int length in ElementwiseCases.TransferLengths)
                {
                    var reals = new float[length];
                    b.Device.Download(b.Input(length), reals);
                    b.Device.Upload(reals, b.Output(length));
                    var integers = new int[length];
                    b.Device.Download(b.Integers([.. Enumerable.Range(7, length)]), integers);
                    b.Device.Upload(integers, b.Integers(new int[length]));
                }
            },
        },
        new(Primitive.Copy, Any(Reads("x")), Any(Writes("y")))
        {
            Kernels = [],
            Tolerance = Exact,
            Cases = b =>
            {
                foreach (int length in b.Lengths)
                {
                    b.Device.Copy(b.Input(length), b.Output(length));
                    b.Device.Copy(b.Integers([.. Enumerable.Range(5, length)]), b.Integers(new int[length]));
                }
                TensorRange whole = b.Input(20);
                b.Device.Copy(whole.Slice(0, 8), whole.Slice(12, 8));
            },
        },
    ];

    /// <summary>Three large uploads in a row onto a range that queued copies still read; the third goes by the landing buffer of the first, which the device has yet to read.</summary>
    private static void UploadWhereWorkReads(PrimitiveBench b)
    {
        const int Length = GpuUploads.SmallLength + 1, Uploads = 3, Copies = 32;
        TensorRange place = b.Input(2 * GpuUploads.PieceLength), old = b.Output(place.Length);
        for (int i = 0; i < Copies; i++) b.Device.Copy(place, old);
        var values = new float[Length];
        for (int i = 1; i <= Uploads; i++)
        {
            for (int at = 0; at < Length; at++) values[at] = (i * 1024) + (at % 1021);
            b.Device.Upload(values, place.Slice(i * Length, Length));
        }
        // The array is the caller's again.
        Array.Fill(values, float.NaN);
    }
}
