using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace EngageCenter.Directories.Simulation;

/// <summary>Stands for a grain or an observer that is elsewhere: what is called on it becomes a message.</summary>
[SuppressMessage("Performance", "CA1852:Seal internal types", Justification = "The proxies that are made at run time derive from it.")]
internal class Remote : DispatchProxy
{
    private Func<MethodInfo, object?[], object> send = null!;

    public static T To<T>(Func<MethodInfo, object?[], object> send)
        where T : class
    {
        var remote = Create<T, Remote>();
        ((Remote)(object)remote).send = send;
        return remote;
    }

    protected override object Invoke(MethodInfo? targetMethod, object?[]? args) => send(targetMethod!, args ?? []);
}

/// <summary>How a call returns: as a task or a value task, with a result or without.</summary>
internal abstract class Returning
{
    private static readonly ConcurrentDictionary<Type, Returning> known = new();

    public static Returning Of(Type type) => known.GetOrAdd(type, static of =>
    {
        var isTask = !of.IsValueType;
        var result = of.IsGenericType ? of.GetGenericArguments()[0] : typeof(bool);
        return (Returning)Activator.CreateInstance(typeof(As<>).MakeGenericType(result), [isTask])!;
    });

    /// <summary>A call's result as it is typed, of a call by that type.</summary>
    public abstract object Call(IMessenger messenger, MethodInfo method, object?[] args);

    private sealed class As<T>(bool isTask) : Returning
    {
        public override object Call(IMessenger messenger, MethodInfo method, object?[] args)
        {
            var called = messenger.Send(method, args, target => Awaited(method.Invoke(target, BindingFlags.DoNotWrapExceptions, null, args, null)!));
            return isTask ? called : new ValueTask<T>(called);
        }

        private static async Task<T> Awaited(object returned)
        {
            switch (returned)
            {
                case Task<T> task:
                    return await task;
                case ValueTask<T> task:
                    return await task;
                case ValueTask task:
                    await task;
                    return default!;
                default:
                    await (Task)returned;
                    return default!;
            }
        }
    }
}

/// <summary>Carries calls to whoever they are for.</summary>
internal interface IMessenger
{
    /// <param name="call">Calls it on the target.</param>
    Task<T> Send<T>(MethodInfo method, object?[] args, Func<object, Task<T>> call);
}
